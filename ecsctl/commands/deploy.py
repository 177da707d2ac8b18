"""ecsctl deploy: release an image now, without the pipeline."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

Limit = Annotated[int, typer.Option("--timeout", min=1, help="Minutes to follow the deployment at most.")]


@shares(*ON_AWS, "output", "quiet")
def deploy(
    common: Common,
    image: Annotated[
        str, typer.Option("--image", metavar="URI", help="The image to release; the newest if left out.")
    ] = "",
    build: Annotated[bool, typer.Option("--build", help="Build the branch now, and release that image.")] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start new tasks of what runs, which read changed secrets; release nothing."),
    ] = False,
    timeout: Limit = 15,
) -> None:
    """Release an image now, without the pipeline, and follow the deployment to its end.

    Only the image changes; with --restart not even that. The release command of ecsctl.toml runs first: if it fails
    nothing is deployed. Exit codes: 0 deployed, 1 failed, 4 timed out (run it again to continue following), 6 rolled
    back, 7 superseded by another release, 8 stopped by someone, 9 paused (`ecsctl continue`).
    """
    from ecsctl.commands.releasing import end, release_command, releasing
    from ecsctl.errors import UsageError
    from ecsctl.releases import release

    if (image and build) or (restart and (image or build)):
        raise UsageError("--image, --build and --restart exclude each other", hint="give one of them")
    with releasing(common) as (session, progress):
        done = (
            release.restart(session.aws, session.state, say=progress.plain, limit=timeout * 60)
            if restart
            else release.deploy(
                session.aws,
                session.state,
                image,
                build_it=build,
                say=progress.plain,
                limit=timeout * 60,
                before=release_command(session, progress.plain),
            )
        )
    end(
        "deploy",
        common,
        session,
        done,
        as_desired=False,
        hint="ecsctl deploy --restart" if restart else "ecsctl deploy",
    )
