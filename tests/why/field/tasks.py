"""The first threads about tasks that do not start or stay, and about releases, pipelines and names."""

from __future__ import annotations

from tests.why.field.case import AUTH, DJANGO, INIT, PULL, case
from tests.why.field.scene import (
    SECRET,
    answers,
    beside,
    box,
    certificate,
    event,
    exits,
    fails,
    gives_up,
    log,
    never,
    pipeline,
    routes,
    stage,
    task,
    unhealthy,
)

STARTS = (
    case("task, secrets", "ansible/ansible#69710", "secret-empty",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch "
              f"secret {SECRET} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the "
              f"specified secret value for staging label: AWSCURRENT"), {"secrets": {SECRET: "there"}}),
    case("task, secrets", "docker-archive/compose-cli#1510", "secret-unread",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch "
              f"secret arn:aws:secretsmanager:eu-west-1:123456789..."), also=("unexplained", "unreachable")),
    case("task, secrets", "umotif-public/terraform-aws-ecs-fargate#50", "no-way-out",
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: "
              f"request context canceled caused by: context deadli..."), {"subnet_routes": {"subnet-0a1": routes()}}),
    case("task, pull", "aws/amazon-ecs-agent#4181", "pull-denied",
         task(PULL + "The task can't pull the image '123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:4f2a91c' "
                     "from Amazon ECR using the task execution role "
                     "'arn:aws:iam::123456789012:role/shop-eu-central-1-execution'. To fix this, verify that the "
                     "role has ecr:BatchGetImage")),
    case("task, pull", "aws/containers-roadmap#1133", "task-disk-full",
         task(PULL + "failed to register layer: failed to extract layer sha256:0a1b: write /var...")),
    case("task, pull", "aws-samples/bedrock-access-gateway#114", "pull-denied",
         task(PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref "
                     "366590864501.dkr.ecr.us-west-2.amazonaws.com/proxy:latest: unexpected status from HEAD request "
                     "to https://366590864501.dkr.ecr.us-west-2.amazonaws.com/v2/proxy/blobs/sha256:5de4: 403 "
                     "Forbidden")),
    case("task, pull", "aws/containers-roadmap#1658", "pull-refused",
         task(PULL + 'inspect image has been retried 1 time(s): failed to resolve ref '
                     '"acme.us.artifactory.example.com/shop:2022": failed to authorize: failed to fetch anonymous '
                     'token.')),
    case("task, pull", "aws/amazon-ecs-agent#1128", "unreachable",
         task(PULL + "API error (500): Get https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: "
                     "request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"),
         {"subnet_routes": {}, "groups": []}, also=("no-way-out",)),
    case("task, pull", "aws-samples/aws-fargate-pipeline-lambda-autoscaling#3", "no-way-out",
         task(f"{AUTH}unable to retrieve ecr registry auth: service call has been retried 1 time(s): RequestError: "
              f"send request failed caused by: Post https://api.ecr...."), {"subnet_routes": {"subnet-0a1": routes()}}),
    case("task, pull", "doctorray117/minecraft-ondemand#74", "no-way-out",
         task(f'{AUTH}unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: '
              f'send request failed caused by: Post "https://api.ecr.us-east-2.amazonaws.com/": dial tcp '
              f'52.1.2.3:443: i/o timeout. Please check your task network configuration.'),
              {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}),
    case("task, pull", "aws/copilot-cli#2584", "image-name",
         task('InternalError: failed to normalize image reference "Dockerfile"')),
    case("task, start", "aws/amazon-ecs-agent#2954", "command-missing",
         task("CannotStartContainerError: Error response from daemon: OCI runtime create failed: "
              "container_linux.go:370: starting container process caused: exec: \"/opt/x/run.sh\": stat "
              "/opt/x/run.sh: no such file or direct...")),
    case("task, start", "basecamp/kamal#279", "command-missing",
         task('CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: '
              'OCI runtime create failed: runc create failed: unable to start container process: exec: '
              '"/rails/bin/docker-entrypoint": permission denied: unknown')),
    case("task, start", "aws-samples/net-modernization#13", "image-user",
         task("CannotCreateContainerError: ResourceInitializationError: failed to create new container runtime task: "
              "mount callback failed on /tmp/containerd-mount1: open /tmp/containerd-mount1/etc/passwd: no such file "
              "or directory")),
    case("task, start", "aws-samples/amazon-bedrock-serverless-prompt-chaining#213", "architecture",
         exits(box(code=1)), log("exec /usr/local/bin/streamlit: exec format error")),
    case("task, start", "runatlantis/atlantis#2001", "architecture",
         exits(box(code=1)), log("standard_init_linux.go:228: exec user process caused: exec format error")),
    case("task, start", "elastic/logstash#17722", "architecture",
         exits(box(code=126)), log("/usr/local/bin/docker-entrypoint: line 7: /usr/local/bin/env2yaml: cannot execute "
                                   "binary file: Exec format error")),
    case("task, start", "CMD in the shell's form: dash", "architecture",
         exits(box(code=126)), log("/bin/sh: 1: ./server: Exec format error")),
    case("task, start", "docker run --init of a program for another processor", "architecture",
         exits(box(code=127)), log("./server: 1: \x7fELF\x02\x01\x01\x02\ufffd\x01: not found")),
    case("task, network", "aws/amazon-ecs-agent#4825", "network-interface",
         task("Timeout waiting for network interface provisioning to complete.")),
    case("task, network", "paradisec-archive/nabu#1259", "subnet-full",
         task("Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled "
              "in subnet "
              "'subnet-0a1': InsufficientFreeAddressesInSubnet")),
    case("task, logs", "a public gist: logger args, signal killed", "unreachable",
         task(INIT + "failed to validate logger args: : signal: killed")),
    case("task, logs", "civiform/civiform#7648", "unreachable",
         task(INIT + "failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined "
                     "in the task definition. There is a connection issue between the task and Amazon CloudWatch. "
                     "Check your network configuration. : signal: killed")),
    case("task, logs", "TechToSpeech/terraform-aws-serverless-static-wordpress#74", "unexplained",
         task(INIT + "failed to validate logger args: create stream has been retried 1 times: failed to create "
                     "Cloudwatch log stream: MissingEndpoint: 'Endpoint' configuration is required for this service")),
    case("task, logs", "doctorray117/minecraft-ondemand#12", "log-denied",
         task(INIT + "failed to validate logger args: create stream has been retried 1 times: failed to create "
                     "Cloudwatch log stream: AccessDeniedException: User: "
                     "arn:aws:sts::123456789012:assumed-role/ecs.task/123456a999ee4b919...")),
    case("task, logs", "cn-terraform/terraform-aws-ecs-fargate-task-definition#1", "log-group-missing",
         task("CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to "
              "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. "
              "status code: 400, request id: 7463")),
    case("task, logs", "airbnb/ottr#7", "log-group-missing",
         task(INIT + "failed to validate logger args: create stream has been retried 1 times: failed to create "
                     "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : "
                     "exit status 1")),
    case("task, capacity", "wellcomecollection/platform#3875", "vcpu-quota",
         event("was unable to place a task. Reason: You've reached the limit on the number of tasks you can run "
               "concurrently. For more information, see the Troubleshooting section.")),
    case("task, capacity", "sil-org/ecs-deploy#277", "capacity",
         event("was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or "
               "in a different availability zone.")),
    case("task, spot", "ECS guide: Fargate Spot termination notices", "spot-interruption",
         task("Your Spot Task was interrupted.", box(code=143), code="SpotInterruption")),
    case("task, maintenance", "ECS guide: task maintenance", "maintenance",
         task("ECS is performing maintenance on the underlying infrastructure hosting the task.", box(code=143),
         code="ServiceSchedulerInitiated")),
)  # fmt: skip

RUNS = (
    case("task, memory", "aws/copilot-cli#3470", "out-of-memory",
         exits(box(code=137, reason="OutOfMemoryError: Container killed due to memory usage"))),
    case("task, memory", "aws/amazon-ecs-agent#2467", "out-of-memory",
         exits(box(code=0, reason="OutOfMemoryError: Container killed due to memory usage"))),
    case("task, crash", "aws/copilot-cli#1180", "crash", exits(box(code=1)), log("Error: cannot read config",
        "    at main (index.js:3:7)")),
    case("task, crash", "aws/containers-roadmap#1206", "crash",
         exits(box(code=1)),
         log("org.springframework.beans.factory.BeanCreationException: Failed to bind to localhost:5432",
         "Application run failed")),
    case("sidecar", "DataDog/datadog-agent#23048", "sidecar",
         exits(box(code=143), box("datadog", code=1)), beside("datadog"), log("INFO shutting down")),
    case("sidecar", "DataDog/datadog-agent#23048, a comment", "sidecar",
         exits(box(code=143), box("datadog", code=137)), beside("datadog")),
    case("sidecar", "aws/aws-for-fluent-bit#11", "ended",
         exits(box(code=0), box("log_router", code=137)), beside("log_router"), also=("sidecar",)),
    case("health", "ietf-tools/bibxml-service#122", "health-host", answers(400), log(DJANGO)),
    case("health", "thunderbird/addons-server#368", "health-host", answers(400), log("INFO booted", DJANGO,
        "WARNING Bad Request: /health")),
    case("health", "hackoregon/civic-devops#245", "health-host", answers(400),
        log("10.180.13.204 GET /emergency/ HTTP/1.1 400 26 - ELB-HealthChecker/2.0"), also=("health-path",)),
    case("health", "mastodon/mastodon#20238", "health-host", answers(403),
        log("[ActionDispatch::HostAuthorization::DefaultResponseApp] Blocked host: 10.0.5.23")),
    case("health", "FINRAOS/aphelion#19", "health-tls", answers(400),
        log("400 The plain HTTP request was sent to HTTPS port"), also=("health-path",)),
    case("health", "unboxed/bops#1597", "health-path", answers(404), also=("health-host",)),
    case("health", "ConnectionSphere/saas#55", "health-path", answers(302)),
    case("health", "hotosm/tasking-manager#2556", "health-path", answers(500), also=("health-error",)),
    case("health", "telia-oss/terraform-aws-ecs-fargate#57", "security-group",
         unhealthy("Request timed out", "Target.Timeout"), {"groups": [{"GroupId": "sg-0task", "IpPermissions": [],
         "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]}),
    case("health", "hackoregon/civic-devops#263", "slow-start",
         unhealthy("Health checks failed", "Target.FailedHealthChecks"), log("Booting worker", after=2),
         log("Listening at: http://0.0.0.0:8000", after=4.5)),
    case("health", "public threads: the app listens on 127.0.0.1", "loopback",
         unhealthy("Health checks failed", "Target.FailedHealthChecks"),
         log("Starting development server at http://127.0.0.1:8000/")),
    case("health", "made up: a database on localhost", "no-answer",
         unhealthy("Health checks failed", "Target.FailedHealthChecks"),
         log("running migrations against localhost:5432", "worker started")),
)  # fmt: skip

RELEASES = (
    case("release", "aws/copilot-cli#5296", "gave-up",
         task("", code=""), {"stopped": []}, gives_up("STOPPED",
         "ECS deployment circuit breaker: tasks failed to start."), pipeline()),
    case("release", "GuardBench/guardbench-backend#166", "health-path",
         answers(404), gives_up("ROLLBACK_FAILED", "ECS deployment circuit breaker: tasks failed to start."),
         pipeline()),
    case("pipeline, source", "awsdocs/aws-codepipeline-user-guide#34", "connection-denied",
         stage("Source", "PermissionError",
         "Unable to use Connection: arn:aws:codestar-connections:eu-central-1:123456789012:connection/aa. The "
         "provided role does not have sufficient permissions.")),
    case("pipeline, source", "aws/aws-cdk#15559", "repository-gone",
         stage("Source", "ConfigurationError",
         "[GitHub] No Branch [master] found for FullRepositoryName [AWS/shop]"), also=("branch-missing",)),
    case("pipeline, deploy", "aws/aws-cdk#8894", "definitions-invalid",
         stage("Deploy", "JobFailed", "The image definition file images.json contains invalid JSON format")),
    case("pipeline, deploy", "aws-samples/aws-modern-application-workshop#153", "container-name",
         stage("Deploy", "JobFailed", "The AWS ECS container web does not exist")),
    case("pipeline, deploy", "cloudposse/terraform-aws-ecs-web-app#16", "definitions-missing",
         stage("Deploy", "JobFailed",
         "Did not find the image definition file imagedefinitions.json in the input artifacts ZIP file. Verify the "
         "file is stored in your pipeline's Amazon S3 artifact bucket: shop key: shop/Build/a1")),
    case("pipeline, deploy", "aws/aws-cdk#25768", "pipeline-denied",
         stage("Deploy", "PermissionError",
         "The provided role does not have sufficient permissions to access ECS: User is not authorized to perform: "
         "ecs:TagResource on resource: arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:*")),
    case("domain", "anomalyco/sst#5781", "certificate-pending", certificate("PENDING_VALIDATION"),
        also=("zone-not-delegated",)),
    case("domain", "ACM guide: CAA", "certificate-failed", certificate("FAILED", "CAA_ERROR"), says="CAA"),
    case("first build", "made up: the first build fails, nothing is made yet", "docker-build",
         never(), fails("BUILD", "docker build -t $URI .", "#7 2.1 npm error missing script: build",
         'ERROR: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1')),
)  # fmt: skip
