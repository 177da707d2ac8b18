"""Whether an app serves no requests at all: a bot, a queue worker or a scheduler."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.serving.port_hints import sources, without_web

# Queue workers and schedulers, each by its own manual.
_PROGRAMS = re.compile(
    r"\bcelery\b[^|&;]*\b(?:worker|beat)\b|\bsidekiq\b|\brq\s+worker\b|\b(?:dramatiq|arq|taskiq\s+worker|huey_consumer\S*|"
    r"good_job\s+start|resque|supercronic|crond|cron\s+-f)\b|\bartisan\s+(?:queue:work|schedule:work|horizon)\b|"
    r"\bmessenger:consume\b|\bmanage\.py\s+(?:qcluster|run_huey|rqworker|process_tasks)\b|\bbin/jobs\b"
)
_LISTS = (
    r"package\.json|requirements[\w.-]*\.txt|pyproject\.toml|Pipfile|go\.mod|Cargo\.toml|Gemfile|composer\.json|pom\.xml|"
    r"build\.gradle(?:\.kts)?|.+\.csproj"
)
# Libraries for bots, which connect to a service themselves.
_BOTS = re.compile(
    r"(?<![\w/-])(?:discord\.(?:py|js)|py-cord|nextcord|disnake|hikari|python-telegram-bot|aiogram|pytelegrambotapi|telethon|pyrogram|"
    r"telegraf|grammy|node-telegram-bot-api|eris|discordgo|telegram-bot-api|telebot|serenity|poise|teloxide|twilight-gateway|"
    r"JDA|discord4j|discordrb|tmi\.js|twitchio|Discord\.Net|DSharpPlus|Telegram\.Bot)(?![\w-])",
    re.IGNORECASE,
)
_WEB = re.compile(
    r"(?<![\w-])(?:express|fastify|koa|hapi|next|nuxt|hono|elysia|restify|polka|@nestjs/platform-\w+|fastapi|flask|django|starlette|uvicorn|"
    r"gunicorn|tornado|sanic|bottle|quart|falcon|litestar|gin-gonic/gin|labstack/echo|gofiber/fiber|go-chi/chi|gorilla/mux|axum|"
    r"actix-web|warp|rocket|hyper|rails|sinatra|puma|rack|roda|spring-boot-starter-web\w*|javalin|ktor-server|laravel/framework|slim/slim|"
    r"Microsoft\.AspNetCore\S*|Sdk\.Web)(?![\w-])",
    re.IGNORECASE,
)
_SERVES = re.compile(
    r"createServer\(|\bhttp\.server\b|HTTPServer\b|ListenAndServe|\.listen\(\s*(?:\d|port|process\.env)|Bun\.serve\(|Deno\.serve\(|"
    r"run_webhook\(|\bweb\.(?:Application|run_app|AppRunner)\(|start_webhook\(|WebApplication\.Create|net\.Listen\(|TcpListener|socket\.bind\(|grpc\.(?:aio\.)?server\(",
    re.IGNORECASE,
)
_RUNTIME = re.compile(r"mcr\.microsoft\.com/dotnet/(?:core/)?runtime(?:[:@].*)?")


# The same libraries as imports: a bot may get one through another package.
_IMPORTED = re.compile(
    r"(?m)^[ \t]*(?:import|from)\s+(discord|nextcord|disnake|hikari|aiogram|telebot|telethon|pyrogram|telegram\.ext)\b"
    r"|(?:require\(|\bfrom\s+)[\"'](discord\.js|telegraf|grammy|node-telegram-bot-api|eris)[\"']"
)


def reason(tree: Tree, context: str, image: str, texts: Sequence[Text]) -> str:
    """Why an app serves no requests; empty if nothing shows it.

    Called only for apps without a port: no EXPOSE, none in the command, no source that reads $PORT.
    """
    for text in texts:
        if text.shell and (found := _PROGRAMS.search(text.text)):
            return f"{text.where} runs {found[0]}"
    if build := without_web(tree, context):
        return f"{build} has Spring Boot without a web starter"
    if _RUNTIME.fullmatch(image):
        return f"{image.partition('@')[0]} has no ASP.NET in it"
    if any(_SERVES.search(tree.read(one)) for one in sources(tree, context)):
        return ""
    lists = [one for one in tree.named(_LISTS, context) if not is_auxiliary(one)][:20]
    dependencies = {one: tree.read(one).partition('"devDependencies"')[0] for one in lists}
    if any(_WEB.search(one) for one in dependencies.values()):
        return ""
    for file, listed in dependencies.items():
        if found := _BOTS.search(listed):
            return f"{file} has {found[0]}, and no web framework"
    for file in sources(tree, context):
        if found := _IMPORTED.search(tree.read(file)):
            return f"{file} imports {found[1] or found[2]}, and there is no web framework"
    return ""
