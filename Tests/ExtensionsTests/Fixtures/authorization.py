"""Serves a small server of the Model Context Protocol with its own authorization server, both by the official SDK,
until standard input ends.

Arguments: the scopes that the server requires. Prints one JSON line: its address. Whoever opens the authorization page
has agreed. Refresh tokens work once; one that comes again ends all tokens, as careful servers do.
`/counts` says what has happened, `/end` ends all tokens, `/end-access` only those for access.
"""

import json
import secrets
import socket
import sys
import threading
import time

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    TokenError,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthToken
from starlette.responses import JSONResponse

LIFE = 3600


class Provider(OAuthAuthorizationServerProvider):
    def __init__(self, issuer):
        self.issuer = issuer
        self.clients, self.codes, self.access, self.refresh, self.spent = {}, {}, {}, {}, set()
        self.counts = {"registrations": 0, "codes": 0, "refreshes": 0, "replays": 0}

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client_info):
        self.counts["registrations"] += 1
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client, params):
        code = AuthorizationCode(
            code=secrets.token_urlsafe(16), scopes=params.scopes or [], expires_at=time.time() + 60,
            client_id=client.client_id, code_challenge=params.code_challenge, redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly, resource=params.resource)
        self.codes[code.code] = code
        return construct_redirect_uri(
            str(params.redirect_uri), code=code.code, state=params.state, iss=self.issuer)

    async def load_authorization_code(self, client, authorization_code):
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client, authorization_code):
        self.counts["codes"] += 1
        del self.codes[authorization_code.code]
        return self.issue(client, authorization_code.scopes, authorization_code.resource)

    async def load_refresh_token(self, client, refresh_token):
        if refresh_token in self.spent:
            self.counts["replays"] += 1
            self.end()
        return self.refresh.get(refresh_token)

    async def exchange_refresh_token(self, client, refresh_token, scopes):
        self.counts["refreshes"] += 1
        if self.refresh.pop(refresh_token.token, None) is None:
            raise TokenError("invalid_grant")
        self.spent.add(refresh_token.token)
        return self.issue(client, scopes, refresh_token.resource)

    async def load_access_token(self, token):
        return self.access.get(token)

    async def revoke_token(self, token):
        pass

    def issue(self, client, scopes, resource):
        access, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.access[access] = AccessToken(
            token=access, client_id=client.client_id, scopes=scopes, resource=resource)
        self.refresh[refresh] = RefreshToken(
            token=refresh, client_id=client.client_id, scopes=scopes, resource=resource)
        return OAuthToken(
            access_token=access, refresh_token=refresh, token_type="Bearer", expires_in=LIFE, scope=" ".join(scopes))

    def end(self):
        self.access.clear()
        self.refresh.clear()


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    scopes = sys.argv[1:]
    provider = Provider(base)
    server = MCPServer(
        "notes", auth_server_provider=provider, log_level="CRITICAL",
        auth=AuthSettings(
            issuer_url=base, resource_server_url=f"{base}/mcp", required_scopes=scopes, validate_token_resource=True,
            client_registration_options=ClientRegistrationOptions(
                enabled=True, valid_scopes=scopes, default_scopes=scopes[:1])))

    @server.tool()
    def note(text: str) -> str:
        return f"Noted: {text}"

    @server.custom_route("/counts", methods=["GET"])
    async def counts(request):
        return JSONResponse(provider.counts)

    @server.custom_route("/end", methods=["GET"])
    async def end(request):
        provider.end()
        return JSONResponse({})

    @server.custom_route("/end-access", methods=["GET"])
    async def end_access(request):
        provider.access.clear()
        return JSONResponse({})

    app = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical"))
    thread = threading.Thread(target=app.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not app.started:
        time.sleep(0.01)
    print(json.dumps({"url": base}), flush=True)
    sys.stdin.read()


main()
