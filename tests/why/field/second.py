"""Threads collected after the rules were changed for blind.py: of 21, 15 were right with what helps.

The other 6 had the right name, but quoted another line. The last four are about accounts: two were wrong as certain,
and two unknown.
"""

from __future__ import annotations

from tests.why.field.blind import ends
from tests.why.field.blind_builds import image
from tests.why.field.case import PULL, case
from tests.why.field.scene import box, event, exits, fails, job, log

AGENT = box(
    "aws-guardduty-agent-mfjGLB",
    reason=f"{PULL}pull image manifest has been retried 1 time(s): failed to resolve ref 323658145986.dkr.ecr."
    "eu-central-1.amazonaws.com/aws-guardduty-agent-fargate:v1.5.0: unexpected status from HEAD request: 403 Forbidden",
)

SECOND = (
    case("build, build", "hackforla/peopledepot#692", "docker-build",
         image("Traceback (most recent call last):", '  File "/usr/src/app/manage.py", line 22, in <module>',
         "    main()",
               '  File "/usr/src/app/peopledepot/settings.py", line 30, in <module>',
               '    ALLOWED_HOSTS = os.environ["DJANGO_ALLOWED_HOSTS"].split(" ")',
               "                    ~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^",
               '  File "<frozen os>", line 685, in __getitem__', "KeyError: 'DJANGO_ALLOWED_HOSTS'",
               step="python manage.py collectstatic --noinput"), says="KeyError: 'DJANGO_ALLOWED_HOSTS'"),
    case("task, crash", "ansible/awx#15035", "crash",
         *ends("Traceback (most recent call last):",
               "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured. Please "
               "supply the "
               "ENGINE value. Check settings documentation for more details."), says="Please supply the ENGINE value"),
    case("task, crash", "atjiu/pybbs#213", "crash",
         *ends("2026-03-02 10:02:00.123 ERROR 1 --- [           main] o.s.boot.SpringApplication               : "
               "Application run failed", "org.springframework.beans.factory.UnsatisfiedDependencyException: Error "
                                         "creating "
               "bean with name 'adminUserMapper'; nested exception is org.springframework.beans.factory."
               "BeanCreationException: Error creating bean with name 'flywayConfig'",
               "        at org.springframework.beans.factory.support.DefaultListableBeanFactory.doGetBean(A.java:323)",
               "        ... 45 common frames omitted",
               "Caused by: org.flywaydb.core.api.FlywayException: Validate failed: Detected failed migration to "
               "version 1.5"
               " (add sensitive word)", "        at org.flywaydb.core.Flyway.doValidate(Flyway.java:286)",
               "        ... 33 common frames omitted"), says="Detected failed migration to version 1.5"),
    case("task, crash", "josdem/vetlog-spring-boot#904", "crash",
         *ends("Caused by: org.hibernate.tool.schema.spi.SchemaManagementException: Schema validation: missing table "
               "[breed]"
               , "\tat org.hibernate.tool.schema.internal.AbstractSchemaValidator.validateTable(A.java:121)",
               "\t... 20 common frames omitted"), says="missing table [breed]"),
    case("task, crash", "codesuki/ecs-nginx-proxy#3", "crash",
         *ends("2017/02/21 01:28:01 updating config", "panic: runtime error: index out of range", "", "",
               "goroutine 1 [running]:", "panic(0x97b5c0, 0xc420010070)", "\t/usr/local/go/src/runtime/panic.go:500 "
                                                                          "+0x1a1",
               "main.(*ecsClient).describeCluster(0xc420020248, 0xc420146100, 0x5)",
               "\t/go/src/github.com/codesuki/ecs-gen/ecs.go:27 +0x142", "main.main()",
               "\t/go/src/github.com/codesuki/ecs-gen/main.go:73 +0x1d1", code=2),
         says="panic: runtime error: index out of range"),
    case("task, crash", "blackducksoftware/perceptor#62", "crash",
         *ends('time="2018-02-22T22:53:05Z" level=info msg=start', 'time="2018-02-22T22:53:05Z" level=error '
                                                                   'msg="unable to '
               "instantiate percepter: Post https://34.227.106.252.xip.io/j_spring_security_check: dial tcp: lookup "
               '34.227.106.252.xip.io on 172.31.6.83:53: no such host"', "panic: Post https://34.227.106.252.xip.io/"
               "j_spring_security_check: dial tcp: lookup 34.227.106.252.xip.io on 172.31.6.83:53: no such host",
               "goroutine 1 [running]:", "github.com/blackducksoftware/perceptor/pkg/core.RunFromInsideCluster()",
               "        /go/src/github.com/blackducksoftware/perceptor/pkg/core/executable.go:91 +0x40e", code=2),
         says="lookup 34.227.106.252.xip.io"),
    case("task, crash", "gliderlabs/logspout#162", "crash",
         *ends("2016/02/27 01:48:06 logspout v2 serving http on :18000", "panic: runtime error: slice bounds out of "
                                                                         "range",
               "", "goroutine 23 [running]:", "runtime.panic(0x770ea0, 0x9b4a2f)",
               "\t/usr/lib/go/src/pkg/runtime/panic.c:279 +0xf5", "main.func\u00b7001()",
               "\t/go/src/github.com/progrium/logspout/attacher.go:35 +0x370", "created by main.NewAttachManager",
               "\t/go/src/github.com/progrium/logspout/attacher.go:41 +0x2c4", "", "goroutine 16 [IO wait, 3 minutes]:",
               "net.runtime_pollWait(0x7f, 0x72, 0x0)", code=2), says="slice bounds out of range"),
    case("build, build", "projectdiscovery/mapcidr#714", "docker-build",
         image("go: go.mod requires go >= 1.24.0 (running go 1.23.5; GOTOOLCHAIN=local)", step="go mod download"),
         says="requires go >= 1.24.0"),
    case("build, build", "chris-crone/containerized-go-dev#7", "docker-build",
         image("go: cannot find main module", step="go build -o /out/example ."), says="cannot find main module"),
    case("build, build", "ragapp/ragapp#120", "docker-build",
         image("Error occurred prerendering page \"/\". Read more: https://nextjs.org/docs/messages/prerender-error",
         "",
               "TypeError: Promise.withResolvers is not a function",
               "    at 47060 (/app/frontend/.next/server/chunks/444.js:115:60043)",
               "    at t (/app/frontend/.next/server/webpack-runtime.js:1:127) {", "  digest: '2205930751'", "}", "",
               "> Export encountered errors on following paths:", "\t/page: /",
               "\u2009ELIFECYCLE\u2009 Command failed with exit code 1.", step="pnpm build"),
         says="Promise.withResolvers is not a function"),
    case("build, build", "vercel/next.js#9590", "docker-build",
         image("> frontend@1.0.0 build /usr/src/app", "> next build", "Creating an optimized production build...", "",
               "Failed to compile.", "", "./node_modules/next/dist/client/next.js", "Error: Cannot find module "
                                                                                    "'./src/data'",
               "Require stack:", "- /usr/src/app/node_modules/core-js-compat/helpers.js",
               "- /usr/src/app/node_modules/babel-loader/lib/index.js", "", "> Build error occurred",
               "Error: > Build failed because of webpack errors",
               "    at build (/usr/src/app/node_modules/next/dist/build/index.js:10:900)", step="npm run build"),
         says="Cannot find module './src/data'"),
    case("build, build", "vercel/next.js#61697", "docker-build",
         image(' \u2a2f useSearchParams() should be wrapped in a suspense boundary at page "/404". Read more: '
               'https://nextjs'
               ".org/docs/messages/missing-suspense-with-csr-bailout",
               'Error occurred prerendering page "/404". Read more: https://nextjs.org/docs/messages/prerender-error',
               "> Export encountered errors on following paths:", "\t/_not-found/page: /_not-found",
               step="npm run build"), says="useSearchParams() should be wrapped"),
    case("build, build", "rails/rails#47479", "docker-build",
         image('Your bundle only supports platforms ["arm64-darwin-22"] but your local platform',
               "is aarch64-linux. Add the current platform to the lockfile with",
               "`bundle lock --add-platform aarch64-linux` and try again.", step="bundle install", code=16),
         says="only supports platforms"),
    case("task, crash", "GhennadiiMir/ollama_server_manager#1", "crash",
         *ends("bundler: failed to load command: puma (/app/vendor/bundle/ruby/3.4.0/bin/puma)",
               "/usr/local/lib/ruby/3.4.0/bundler/definition.rb:458:in 'Bundler::Definition#validate_platforms!': Your "
               'bundle only supports platforms ["aarch64-linux", "arm64-darwin-24"] but your local platform is '
               'x86_64-linux.'
               " Add the current platform to the lockfile with (Bundler::ProductionError)",
               "`bundle lock --add-platform x86_64-linux` and try again.",
               "\tfrom /usr/local/lib/ruby/3.4.0/bundler/definition.rb:427:in 'Bundler::Definition#validate_runtime!'",
               "\tfrom /usr/local/lib/ruby/3.4.0/bundler.rb:161:in 'Bundler.setup'"),
         says="only supports platforms"),
    case("build, build", "asg017/sqlite-vec#248", "docker-build",
         image("Could not find gems matching 'sqlite-vec (>= 0.1.7.alpha.2)' valid for all",
               "resolution platforms (arm64-darwin, arm64-linux, aarch64-linux) in rubygems",
               "repository https://rubygems.org/ or installed locally.", "",
               "The source contains the following gems matching 'sqlite-vec (>= 0.1.7.alpha.2)':",
               "  * sqlite-vec-0.1.7.alpha.2-arm64-linux", step="bundle install", code=7), says="sqlite-vec"),
    case("task, crash", "nickjj/docker-django-example#12", "crash",
         *ends("    sock.connect(socket_address)", "TimeoutError: [Errno 110] Connection timed out", "",
               "During handling of the above exception, another exception occurred:", "",
               "Traceback (most recent call last):", '  File "/usr/local/bin/celery", line 8, in <module>',
               "    sys.exit(main())", "redis.exceptions.TimeoutError: Timeout connecting to server"),
         says="Timeout connecting to server"),
    case("task, ended", "WeblateOrg/docker#1820", "ended",
         *ends("[2023-04-26 14:53:36,349: ERROR/MainProcess] consumer: Cannot connect to redis://:*",
               "Trying again in 2.00 seconds... (1/100)",
               "2023-04-26 14:55:52,695 INFO exited: celery-celery (exit status 0; expected)", code=0),
         says="Cannot connect to redis"),
    case("task, crash", "searxng/searxng-docker#135", "crash",
         *ends('{"level":"info","ts":1650195459.9,"msg":"using provided '
               'configuration","config_file":"/etc/caddy/Caddyfile"}',
               "Error: loading initial config: loading new config: http app module: start: listening on :80: listen "
               "tcp "
               ":80: bind: address already in use"), says="address already in use"),
    case("task, crash", "traefik/traefik#3270", "crash",
         *ends('time="2018-05-05T12:30:34Z" level=error msg="Provider connection error EC2MetadataRequestError: '
               'failed to get'
               " EC2 instance identity document\\ncaused by: RequestError: send request failed\\ncaused by: Get "
               "http://169."
               '254.169.254/latest/dynamic/instance-identity/document: dial tcp 169.254.169.254:80: connect: invalid '
               'argument, retrying in 1.097723019s"'), says="169.254.169.254"),
    case("job", "thunderbird/thunderbird-accounts#215", "job",
         job("[2025-07-23 16:45:16,254: ERROR/MainProcess] consumer: Cannot connect to rediss://cache/5: Timeout "
             "connecting "
             "to server.", "Trying again in 32.00 seconds... (16/100)"), says="Timeout connecting to server"),
    case("build, build", "googleapis/librarian#716", "docker-build",
         fails("BUILD", "docker build -t $URI .", "Step 4/9 : RUN go mod download",
               "go: go.mod requires go >= 1.24.4 (running go 1.24.3; GOTOOLCHAIN=local)",
               "The command '/bin/sh -c go mod download' returned a non-zero code: 1"), says="requires go >= 1.24.4"),
    # Whatever becomes of what GuardDuty adds to a task, the task runs on without it.
    case("task, crash", "aws/aws-cdk#32877", "crash", exits(box(code=1), AGENT), log("Error: boom"), says="boom"),
    case("task, ended", "aws-samples/bedrock-chat#501", "ended", exits(box(code=0), AGENT | {"exitCode": 1})),
    case("task, placing", "aws/copilot-cli#2685", "vcpu-quota",
         event("was unable to place a task. Reason: You've reached the limit on the number of spot tasks you can run "
               "concurrently. For more information, see the Troubleshooting section.")),
    case("task, placing", "dask/dask-cloudprovider#299", "vcpu-quota",
         event("was unable to place a task. Reason: The requested CPU configuration is above your limit.")),
    case("task, placing", "clowdhaus/eks-reference-architecture#12", "account-blocked",
         event("was unable to place a task. Reason: Your AWS account is currently blocked and thus cannot launch any "
               "Fargate tasks.")),
)  # fmt: skip
