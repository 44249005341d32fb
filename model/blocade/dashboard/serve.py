"""The explorer's server: one page on this machine's loopback, for its own browser and no one else."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blocade.dashboard.explorer import Explorer
from blocade.experiment.store import StoreError
from blocade.scenario import Scenario

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
"""What a browser on this machine may call the server; whatever else it says it is, was sent there by another page."""
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
"""What the page may load: nothing but what this server has. Solara compiles its components in the browser."""


class Guard:
    """Lets only pages of this server ask it for anything: checks host and origin, of sockets too."""

    def __init__(self, app: Any, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in NAMES}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        home = headers.get("host") in self._hosts and headers.get("origin") in (*self._origins, None)
        if scope["type"] == "websocket":
            if home and "origin" in headers:  # every browser names one when it opens a socket
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
        elif home:
            # nothing is gained by packing what goes through memory, and the page would wait for it
            scope = {**scope, "headers": [item for item in scope["headers"] if item[0] != b"accept-encoding"]}
            await self._app(scope, receive, self._with_policy(send))
        else:
            said = b"this page is for the browser of the machine that serves it\n"
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": said})

    def _with_policy(self, send: Any) -> Any:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"content-security-policy", POLICY.encode())]
            await send(message)

        return sent


def serve(scenario: Scenario, port: int, say: Callable[[str], None], browse: bool) -> None:
    """Serve the explorer until Ctrl-C.

    Parameters
    ----------
    scenario : to begin with. port : 0 takes a free one. say : told the address. browse : whether to open a browser.

    Raises
    ------
    StoreError
        With one line, where Solara is not installed or the port is taken.
    """
    with tempfile.TemporaryDirectory() as home:
        os.environ["SOLARA_HOME"] = home  # else importing it makes a folder in the user's
        try:
            import uvicorn  # noqa: PLC0415 (an extra)

            import blocade.dashboard.page  # noqa: F401, PLC0415 (an extra)
        except ImportError as error:
            text = f"the explorer needs {error.name or error}; install it with: pip install 'blocade[explore]'"
            raise StoreError(text) from error
        listener = _listen(port)
        explorer = Explorer(scenario, Path.cwd())
        place = listener.getsockname()[1]
        address = f"http://{NAMES[1]}:{place}/"  # by number, the session cookie would come with a warning
        server = uvicorn.Server(uvicorn.Config(Guard(_app(explorer), place), log_level="error", ws_max_size=2**24))
        say(address)
        if browse:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        # Ctrl-C is how it ends; whether uvicorn passes it on depends on the moment
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        text = f"port {port} cannot be had ({error.strerror}); name another with --port, or leave it out"
        raise StoreError(text) from error
    return listener


def _app(explorer: Explorer) -> Any:
    """Solara's application with the one page, without its telemetry and without the network."""
    import solara  # noqa: PLC0415 (an extra)
    import solara.server.app as apps  # noqa: PLC0415
    from solara.server import patch, settings  # noqa: PLC0415

    settings.telemetry.mixpanel_enable = False
    settings.session.secret_key = secrets.token_hex(16)
    settings.theme.show_banner = False
    settings.theme.title = "blocade explorer"
    solara.settings.assets.cdn = "/_solara/cdn/"  # what is not among the installed assets is not fetched

    # Solara replaces a class of matplotlib, so that every page has a style of its own, and matplotlib 3.11 does not
    # stand it; charts here bring their style themselves
    patch.patch_heavy_imports = lambda: None

    from solara.server.starlette import app  # noqa: PLC0415 (reads the settings)

    from blocade.dashboard.page import Page  # noqa: PLC0415

    class One(apps.AppScript):  # Solara finds pages by the names of modules; this one has data
        def _execute(self) -> Any:
            found = super()._execute()
            self.routes = [solara.Route(path="/", component=Page(explorer), label="blocade explorer")]
            return found

    apps.apps["__default__"] = One("blocade.dashboard.page")
    return app
