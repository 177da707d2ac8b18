import pytest

from ecsctl.ui.names import called

CALLED = [
    ("NAT gateway", "nat-a", "NAT gateway nat-a"),
    ("load balancer", "load-balancer", "load balancer"),
    ("VPC", "vpc", "VPC"),
    ("ECS cluster", "cluster", "ECS cluster"),
    ("CodeBuild's GitHub credentials", "github-credentials", "CodeBuild's GitHub credentials"),
    ("certificate", "certificate shop.example.com", "certificate shop.example.com"),
    ("build project", "build", "build project"),
    ("ECS service", "service mailer", "ECS service mailer"),
    ("task definition", "task-definition mailer", "task definition mailer"),
    ("autoscaling", "scaling mailer", "autoscaling mailer"),
    ("IAM role", "task-role mailer", "IAM role task-role mailer"),
    ("DNS record", "dns shop.example.com", "DNS record shop.example.com"),
    ("IAM role", "build-role", "IAM role build-role"),
    ("autoscaling", "scaling", "autoscaling"),
    ("VPC flow log", "flow-logs", "VPC flow log"),
    ("artifact bucket", "artifacts", "artifact bucket"),
    ("schedule group", "schedules", "schedule group"),
    ("target group", "second-target-group", "second-target-group"),
    ("file system", "volume data", "file system data"),
    ("backlog alarm", "backlog-alarm mailer", "backlog alarm mailer"),
    ("certificate", "certificate shop.example.com +2 00e2157a", "certificate shop.example.com and 2 more"),
    ("", "vpc", "vpc"),
    ("VPC", "\x1b[2J", r"VPC \x1b[2J"),
]


@pytest.mark.parametrize(("title", "name", "said"), CALLED)
def test_a_name_does_not_repeat_the_title(title, name, said):
    assert called(title, name).plain == said
