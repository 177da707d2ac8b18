"""The path for the health check where routers, blueprints and includes put prefixes before it: small trees."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from tests.config.test_evidence import NODE, doubts, of

PYTHON = 'FROM python:3.13\nCOPY . .\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "shop.wsgi"]\n'
GO = 'FROM golang\nCOPY . .\nEXPOSE 8080\nCMD ["/shop"]\n'
ELIXIR = 'FROM elixir\nCOPY . .\nEXPOSE 4000\nCMD ["start"]\n'
PHP = "FROM php:apache\nCOPY . .\nEXPOSE 80\n"

EXPRESS = {
    "server_dot_js": 'const express = require("express");\nconst routes = require("./routes/routes");\nconst app = express();\napp.use("/", routes.pages);\napp.use("/api/v2", routes.api);\n',
    "routes__routes_dot_js": 'const health = require("./health");\nconst pages = Router();\nconst apiRouter = Router();\napiRouter.use("/health", health);\nmodule.exports = { api: apiRouter, pages };\n',
}
FASTAPI = {
    "app__main_dot_py": "app = FastAPI()\napp.include_router(api_router, prefix=settings.API_STR)\n",
    "app__config_dot_py": 'class Settings(BaseSettings):\n    API_STR: str = "/api/v1"\n',
    "app__api_dot_py": "from app.routes import utils\napi_router = APIRouter()\napi_router.include_router(utils.router)\n",
    "app__routes__utils_dot_py": 'router = APIRouter(prefix="/utils", tags=["utils"])\n\n\n@router.get("/health-check/")\nasync def health_check() -> bool:\n    return True\n',
}
FASTAPI["app__main_dot_py"] = "from app.api import api_router\n" + FASTAPI["app__main_dot_py"]
FLASK = {
    "shop__web_dot_py": 'main = Blueprint("main", __name__)\n\n\n@main.route("/healthcheck", methods=["GET"])\ndef health():\n    return "OK"\n',
    "shop__run_dot_py": "from shop.web import (\n    helper,\n    main as web_interface,\n)\n\n\ndef create_app():\n    app.register_blueprint(web_interface)\n",
}
DJANGO = {
    "shop__settings_dot_py": 'ROOT_URLCONF = "shop.urls"\n',
    "shop__urls_dot_py": "urlpatterns = [path('api/', include('shop.api.urls'))]\n",
    "shop__api__urls_dot_py": "urlpatterns = [path('healthcheck', HealthcheckView.as_view())]\n",
}
SINATRA = {"app_dot_rb": "require 'sinatra'\n\nget '/ping' do\n  'pong'\nend\n"}
CHI = {
    "main_dot_go": 'router := chi.NewRouter()\napi := chi.NewRouter()\nrouter.Mount("/api", api)\napi.Get("/health", answer)\n'
}
MUX = {
    "main_dot_go": 'r := mux.NewRouter()\nv1 := r.PathPrefix("/v1").Subrouter()\nv1.HandleFunc("/healthz", answer)\n'
}
GIN = {"http_dot_go": 'r := gin.New()\nr.GET("/healthz", func(c *gin.Context) { c.String(200, "OK") })\n'}


@pytest.mark.parametrize(("dockerfile", "files", "path"), [
    (NODE, EXPRESS, "/api/v2/health"),
    (NODE, {"server_dot_js": "const app = express()\nconst router = express.Router()\nrouter.get('/healthcheck', (q, r) => r.sendStatus(200))\napp.use(global.BasePath, router)\n"}, "/healthcheck"),
    (NODE, {"server_dot_ts": "import { api } from './api';\nconst app = new Koa();\napp.use(api.routes());\n", "api_dot_ts": "export const api = new Router({ prefix: '/v1' });\napi.get('/ping', answer);\n"}, "/v1/ping"),
    (PYTHON, FASTAPI, "/api/v1/utils/health-check/"),
    (PYTHON, FLASK, "/healthcheck"),
    (PYTHON, DJANGO, "/api/healthcheck"),
    (PYTHON, {"shop__asgi_dot_py": 'application = health_check(application, "/health/")\n'}, "/health/"),
    (PYTHON, {"shop__asgi_dot_py": 'async def app(scope, receive, send):\n    if scope["path"] == "/healthz":\n        pass\n'}, "/healthz"),
    (PYTHON, {"shop__app_dot_py": 'from starlette.routing import Route\nroutes = [Route("/livez", live)]\n'}, "/livez"),
    (ELIXIR, {"lib__shop_web__check_dot_ex": 'def call(%Plug.Conn{request_path: "/health_check"} = conn, _opts) do\n'}, "/health_check"),
    (ELIXIR, {"lib__shop_web__router_dot_ex": 'scope "/health", Shop do\n  pipe_through(:api)\n  get("/", HealthController, :check)\nend\n'}, "/health"),
    ("FROM ruby\nCOPY . .\nEXPOSE 9292\nCMD rackup\n", SINATRA, "/ping"),
    (GO, CHI, "/api/health"),
    (GO, MUX, "/v1/healthz"),
    (GO, GIN, "/healthz"),
    (GO, {"router_dot_go": 'router := mux.NewRouter()\nrouter.Methods("GET").Path("/health").HandlerFunc(answer)\n'}, "/health"),
    (GO, {"routes__health_dot_go": 'func (h *Health) Register(r chi.Router) {\n  r.Get("/health", h.Get)\n}\n', "main_dot_go": 'quiet := []string{"/api/health"}\n'}, "/api/health"),
    (NODE, {"app_dot_ts": "import routes from './routes';\nconst app = express();\napp.use('/api', routes);\n", "routes__index_dot_ts": "const router = Router();\nrouter.get<unknown, Answer>('/healthz', answer);\nexport default router;\n"}, "/api/healthz"),
    (PHP, {"routes__web_dot_php": "Route::get('/status', [StatusController::class, 'show']);\n"}, "/status"),
    (PHP, {"app__RouteServiceProvider_dot_php": "Route::middleware('x')->group(function () {\n  Route::get('health-check/up', [Health::class, 'up']);\n});\nRoute::middleware('api')->prefix('api')->group('routes/api.php');\n"}, "/health-check/up"),
])  # fmt: skip
def test_a_route_is_the_health_check_with_every_prefix_that_is_mounted_before_it(tmp_path, dockerfile, files, path):
    image = of(tmp_path, Dockerfile=dockerfile, **files)
    assert image.path == path
    assert "is a guess" not in doubts(image)


@pytest.mark.parametrize(("dockerfile", "files"), [
    # nothing mounts it; its prefix is a variable; it asks for a login on the way
    (NODE, {"server_dot_js": "const app = express()\nconst router = express.Router()\nrouter.get('/health', answer)\n"}),
    (NODE, {"server_dot_js": "const api = express()\napi.use('/health', answer)\nmodule.exports = api\n"}),
    (NODE, {"server_dot_js": "const app = express()\nconst router = express.Router()\nrouter.get('/health', answer)\napp.use(config.mount, router)\n"}),
    (NODE, {"server_dot_js": "const app = express()\nconst router = express.Router()\nrouter.get('/health', answer)\napp.use('/api', requireLogin, router)\n"}),
    (PYTHON, {**FASTAPI, "app__config_dot_py": "API_STR = made()\n"}),
    (PYTHON, {**FLASK, "shop__run_dot_py": "from shop.web import main as web\n\napp.register_blueprint(web, url_prefix=where)\n"}),
    (PYTHON, {**DJANGO, "shop__api__urls_dot_py": "urlpatterns = [path('healthcheck', login_required(view))]\n"}),
    (GO, {"main_dot_go": 'r := gin.New()\napi := r.Group("/api")\napi.Use(AuthRequired())\napi.GET("/health", answer)\n'}),
])  # fmt: skip
def test_a_route_whose_prefix_nothing_says_or_that_asks_for_a_login_is_not_taken(tmp_path, dockerfile, files):
    image = of(tmp_path, Dockerfile=dockerfile, **files)
    assert (image.path, "/ is a guess" in doubts(image)) in (("/", True), ("/docs", False))  # FastAPI's own


def test_of_several_routes_the_one_that_asks_least_of_others_is_taken(tmp_path):
    text = "const app = express()\nconst router = Router()\nrouter.get('/ping', a)\nrouter.get('/healthcheck', b)\napp.use(router)\n"
    image = of(tmp_path, Dockerfile=NODE, server_dot_js=text)
    assert image.path == "/healthcheck"
    assert "others: /ping (server.js)" in doubts(image)


def test_routers_that_mount_each_other_in_a_circle_have_no_prefix(tmp_path):
    names = [f"r{number}" for number in range(30)]
    lines = [f"const {one} = Router();\n{one}.get('/health', answer);\n" for one in names]
    lines += [f"{one}.use('/x', {other});\n" for one in names for other in names]
    python = [f"{one} = APIRouter()\n@{one}.get('/health')\ndef health(): ...\n" for one in names]
    python += [f"{one}.include_router({other})\n" for one in names for other in names]
    django = "urlpatterns = [" + "path('', include('shop.urls')), " * 50 + "]\n"
    image = of(
        tmp_path, Dockerfile=NODE, server_dot_js="".join(lines), api_dot_py="".join(python),
        shop__settings_dot_py="ROOT_URLCONF = 'shop.urls'\n", shop__urls_dot_py=django,
    )  # fmt: skip
    assert image.path == "/"
