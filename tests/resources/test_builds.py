from ecsctl.resources.support.builds import newest_build
from tests.rows.delivery import NAMES, stack_of

PAGE = 100  # builds that CodeBuild lists at once


def test_the_newest_build_is_found_among_more_than_a_page_of_them(cloud):
    cloud.up(stack_of("build"))
    codebuild = cloud.boto("codebuild")
    for _ in range(PAGE + 1):
        newest = codebuild.start_build(projectName=NAMES.project)["build"]["id"]
    found = newest_build(cloud.aws, NAMES.project)
    assert found is not None
    assert (found["id"], found["buildNumber"]) == (newest, PAGE + 1)
