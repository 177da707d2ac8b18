"""Blue/green, linear and canary, as ECS plays them: where new tasks register, how traffic goes over, and back."""

import json

import pytest
from ecs_stack import ACCOUNT, Stack

from ecsctl.sandbox.aws import ecs

ROLE_POLICY = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"


class Shifting(Stack):
    """A service with two target groups, and a rule between them."""

    def between(self):
        iam, elb = self.aws("iam"), self.aws("elbv2")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        role = iam.create_role(RoleName="balancing", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="balancing", PolicyArn=ROLE_POLICY)
        self.alternate = self.target_group("green")
        self.rule_arn = elb.create_rule(
            ListenerArn=self.listener,
            Priority=10,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
            Actions=[self.forward(self.targets, self.alternate)],
        )["Rules"][0]["RuleArn"]
        self.clock.sleep(60)
        return {
            "alternateTargetGroupArn": self.alternate,
            "productionListenerRule": self.rule_arn,
            "roleArn": role,
        }

    def forward(self, *groups):
        weighted = [{"TargetGroupArn": arn, "Weight": int(not n)} for n, arn in enumerate(groups)]
        return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}

    def weights(self):
        [rule] = self.aws("elbv2").describe_rules(RuleArns=[self.rule_arn])["Rules"]
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        weights = {one["TargetGroupArn"]: one["Weight"] for one in groups}
        return weights[self.targets], weights[self.alternate]

    def balancers(self, advanced):
        found = {"targetGroupArn": self.targets, "containerName": "app", "containerPort": 8000}
        return [found | ({"advancedConfiguration": advanced} if advanced else {})]

    def newest(self):
        listed = self.ecs.list_service_deployments(cluster="app", service="web")["serviceDeployments"]
        arns = [listed[0]["serviceDeploymentArn"]]
        return self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]

    def release(self, image="public.ecr.aws/app:2", **change):
        arn = self.definition(image)
        self.ecs.update_service(cluster="app", service="web", taskDefinition=arn, **change)
        return arn

    def until(self, reached, seconds=7200):
        for _ in range(seconds // 5):
            if reached(found := self.newest()):
                return found
            self.clock.sleep(5)
        raise AssertionError(f"not reached: {self.newest()}")

    def healthy(self, arn):
        found = self.aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return sum(one["TargetHealth"]["State"] == "healthy" for one in found)


def configured(strategy, bake=5, **more):
    return {
        "strategy": strategy,
        "bakeTimeInMinutes": bake,
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        **more,
    }


@pytest.fixture
def stack(aws, clock):
    made = Shifting(aws, clock).everything()
    made.advanced = made.between()
    return made


def running(stack, configuration):
    stack.service(
        stack.definition(), loadBalancers=stack.balancers(stack.advanced), deploymentConfiguration=configuration
    )
    stack.steady()
    return stack


def test_a_first_blue_green_deployment_leaves_the_alternate_group_serving(stack):
    running(stack, configured("BLUE_GREEN"))
    assert stack.weights() == (0, 100)
    assert (stack.healthy(stack.targets), stack.healthy(stack.alternate)) == (0, 1)
    [revision] = stack.read()["currentServiceRevisions"]
    found = stack.ecs.describe_service_revisions(serviceRevisionArns=[revision["arn"]])["serviceRevisions"][0]
    assert found["resolvedConfiguration"]["loadBalancers"] == [
        {"targetGroupArn": stack.alternate, "productionListenerRule": stack.rule_arn}
    ]
    assert found["loadBalancers"][0]["targetGroupArn"] == stack.targets


def test_all_requests_go_over_at_once_and_the_old_tasks_stay_for_the_bake_time(stack, clock):
    running(stack, configured("BLUE_GREEN"))
    second = stack.release()
    baking = stack.until(lambda one: one.get("lifecycleStage") == "BAKE_TIME")
    assert stack.weights() == (100, 0)
    assert baking["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100
    assert (stack.healthy(stack.targets), stack.healthy(stack.alternate)) == (1, 1)
    clock.sleep(240)
    assert stack.newest()["lifecycleStage"] == "BAKE_TIME"
    done = stack.until(lambda one: one["status"] == "SUCCESSFUL")
    assert done["lifecycleStage"] == "CLEAN_UP"
    assert stack.healthy(stack.alternate) == 0
    assert stack.read()["taskDefinition"] == second


def test_a_canary_waits_with_its_share(stack, clock):
    canary = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 20}
    running(stack, configured("CANARY", canaryConfiguration=canary))
    stack.release()
    partly = stack.until(lambda one: one["targetServiceRevision"]["requestedProductionTrafficWeight"] == 10)
    assert stack.weights() == (10, 90)
    assert partly["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"] == 90
    clock.sleep(1100)
    assert stack.weights() == (10, 90)
    stack.until(lambda one: one["status"] == "SUCCESSFUL")
    assert stack.weights() == (100, 0)


def test_linear_goes_in_equal_steps(stack):
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}
    running(stack, configured("LINEAR", linearConfiguration=linear, bake=0))
    stack.release()
    weights = []
    stack.until(lambda one: weights.append(stack.weights()[0]) or one["status"] == "SUCCESSFUL")
    assert list(dict.fromkeys(weights)) == [0, 40, 80, 100]


def test_a_stop_brings_the_traffic_back_at_once(stack, clock):
    running(stack, configured("BLUE_GREEN"))
    first = stack.read()["taskDefinition"]
    stack.release()
    baking = stack.until(lambda one: one.get("lifecycleStage") == "BAKE_TIME")
    stack.ecs.stop_service_deployment(serviceDeploymentArn=baking["serviceDeploymentArn"], stopType="ROLLBACK")
    clock.sleep(10)
    assert stack.weights() == (0, 100)
    back = stack.until(lambda one: one["status"] == "ROLLBACK_SUCCESSFUL")
    assert back["rollback"]["serviceRevisionArn"] == stack.read()["currentServiceRevisions"][0]["arn"]
    assert stack.read()["taskDefinition"] == first
    assert stack.healthy(stack.targets) == 0


def test_nothing_gives_up_a_version_that_does_not_start_before_a_day_is_over(stack, clock):
    ecs.script_tasks(ACCOUNT, ":bad", "crash")
    running(stack, configured("BLUE_GREEN"))
    stack.release("public.ecr.aws/app:bad")
    clock.sleep(4 * 3600)
    waiting = stack.newest()
    assert (waiting["status"], waiting["lifecycleStage"]) == ("IN_PROGRESS", "SCALE_UP")
    assert waiting["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert stack.weights() == (0, 100)
    clock.sleep(21 * 3600)
    assert stack.newest()["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_rule_without_both_groups_rolls_the_deployment_back(stack):
    running(stack, configured("BLUE_GREEN"))
    stack.aws("elbv2").modify_rule(RuleArn=stack.rule_arn, Actions=[stack.forward(stack.alternate)])
    stack.release()
    failed = stack.until(lambda one: one["status"] == "ROLLBACK_SUCCESSFUL")
    assert "Both targetGroup and alternateTargetGroup must be associated" in failed["statusReason"]


def test_a_strategy_is_changed_between_deployments_and_after_the_rule_was_deployed(stack, aws):
    stack.service(stack.definition())
    change = lambda **more: stack.ecs.update_service(cluster="app", service="web", **more)  # noqa: E731 - a short name
    stack.steady()
    both = {"loadBalancers": stack.balancers(stack.advanced), "deploymentConfiguration": configured("BLUE_GREEN")}
    for asked, words in (
        ({"deploymentConfiguration": configured("BLUE_GREEN")}, "advancedConfiguration is required"),
        (both, "must be deployed before"),
    ):
        with pytest.raises(stack.ecs.exceptions.InvalidParameterException, match=words):
            change(**asked)
    change(loadBalancers=both["loadBalancers"])
    with pytest.raises(stack.ecs.exceptions.InvalidParameterException, match="in progress"):
        change(deploymentConfiguration=configured("BLUE_GREEN"))
    stack.steady()
    assert stack.weights() == (1, 0)
    change(deploymentConfiguration=configured("BLUE_GREEN"))
    stack.release()
    stack.steady()
    assert stack.weights() == (0, 100)
    change(deploymentConfiguration={"strategy": "ROLLING", "bakeTimeInMinutes": 0})
    stack.release("public.ecr.aws/app:3")
    stack.steady()
    assert stack.weights() == (0, 100)  # a rolling one stays in the group that serves
    assert (stack.healthy(stack.targets), stack.healthy(stack.alternate)) == (0, 1)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"strategy": "RED"}, "strategy should be one of"),
        (configured("BLUE_GREEN", bake=1441), "bakeTimeInMinutes"),
        ({"strategy": "BLUE_GREEN", "deploymentCircuitBreaker": {"enable": True, "rollback": True}}, "circuit breaker"),
        (configured("CANARY", canaryConfiguration={"canaryPercent": 0.05}), "canaryPercent"),
        (configured("LINEAR", linearConfiguration={"stepPercent": 2.0}), "stepPercent"),
        (configured("LINEAR", canaryConfiguration={"canaryPercent": 5.0}), "only valid with the CANARY"),
    ],
)
def test_what_the_reference_excludes_is_refused(stack, configuration, words):
    with pytest.raises(stack.ecs.exceptions.InvalidParameterException, match=words):
        stack.service(
            stack.definition(), loadBalancers=stack.balancers(stack.advanced), deploymentConfiguration=configuration
        )


def test_clients_are_not_kept_with_a_target_behind_a_rule_that_does_not_keep_them_with_its_group(stack):
    sticky = [{"Key": "stickiness.enabled", "Value": "true"}]
    with pytest.raises(stack.aws("elbv2").exceptions.ClientError, match="group stickiness disabled"):
        stack.aws("elbv2").modify_target_group_attributes(TargetGroupArn=stack.targets, Attributes=sticky)
