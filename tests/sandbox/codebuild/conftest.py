import pytest
from configured import desired, trust


@pytest.fixture
def role(aws, clock):
    made = aws("iam").create_role(RoleName="build", AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))
    clock.sleep(60)
    return made["Role"]["Arn"]


@pytest.fixture
def build(aws):
    return aws("codebuild")


@pytest.fixture
def project(build, role):
    return build.create_project(**desired(role))["project"]
