"""Routes of axum, actix-web and Rocket with what nests, scopes and mounts them."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from tests.config.test_evidence import doubts, of

RUST = 'FROM rust\nCOPY . .\nEXPOSE 8080\nCMD ["/shop"]\n'
OK = 'async fn health() -> &\'static str { "ok" }\n'


@pytest.mark.parametrize(("source", "path"), [
    ('fn main() {\n  let app = Router::new().route("/health", get(health)).route("/x", post(y));\n}\n', "/health"),
    ('fn main() {\n  let app = Router::new().nest("/api", Router::new().route("/health", get(health)));\n}\n', "/api/health"),
    ('fn main() {\n  let app = Router::new().nest("/admin", Router::new().route("/x", get(x))).route("/health", get(health));\n}\n', "/health"),
    ('fn api() -> Router {\n  Router::new().route("/health", get(health))\n}\nfn main() {\n  let app = Router::new().nest("/v1", api());\n}\n', "/v1/health"),
    ('fn main() {\n  let api = Router::new().route("/health", get(health));\n  let app = Router::new().nest("/v2", api);\n}\n', "/v2/health"),
    ('fn main() {\n  HttpServer::new(move || App::new().service(web::scope("/api").service(x).route("/health", web::get().to(health))));\n}\n', "/api/health"),
    ('fn main() {\n  HttpServer::new(|| App::new().service(web::scope("/api").service(x)).route("/health", web::get().to(health)));\n}\n', "/health"),
    ('#[get("/health")]\nasync fn check() -> impl Responder { HttpResponse::Ok().body("ok") }\nfn main() {\n  HttpServer::new(|| App::new().service(web::scope("/api").service(check)));\n}\n', "/api/health"),
    ('fn routes(cfg: &mut web::ServiceConfig) {\n  cfg.route("/health", web::get().to(health));\n}\nfn main() {\n  HttpServer::new(|| App::new().service(web::scope("/api").configure(routes)));\n}\n', "/api/health"),
    ('#[get("/health")]\nfn check() -> &\'static str { "ok" }\n#[launch]\nfn rocket() -> _ {\n  rocket::build().mount("/v1", routes![index, check])\n}\n', "/v1/health"),
])  # fmt: skip
def test_a_route_is_the_health_check_with_every_prefix_before_it(tmp_path, source, path):
    assert of(tmp_path, Dockerfile=RUST, src__main_dot_rs=source + OK).path == path


@pytest.mark.parametrize("source", [
    'fn main() {\n  let app = Router::new().route("/health", get(health)).route_layer(from_fn(require_auth));\n}\n',
    '#[get("/health")]\nfn check(user: User) -> String { user.name }\nfn rocket() { rocket::build().mount("/", routes![check]) }\n',
    '#[get("/health")]\nfn check() -> &\'static str { "ok" }\n',
])  # fmt: skip
def test_a_route_that_asks_for_a_login_or_that_nothing_takes_is_not_taken(tmp_path, source):
    image = of(tmp_path, Dockerfile=RUST, src__main_dot_rs=source)
    assert (image.path, "/ is a guess" in doubts(image)) == ("/", True)


def test_a_home_page_of_axum_below_a_prefix_is_checked_with_it(tmp_path):
    source = (
        'fn main() {\n  let app = Router::new().nest("/api", Router::new().route("/", get(|| async { "Hello" })));\n}\n'
    )
    assert of(tmp_path, Dockerfile=RUST, src__main_dot_rs=source).path == "/api"
