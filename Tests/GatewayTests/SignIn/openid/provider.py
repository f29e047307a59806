"""An OpenID Connect provider for tests: provider.py

It enforces the rules of the authorization code flow: registered redirect addresses to the letter, PKCE with S256, codes that work once,
the client's secret. Tokens are signed by PyJWT. The first line of its output is its address. POST /control changes what it does; it ends
with its standard input.
"""

import base64
import hashlib
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT, SECRET = "jetbridge", "s3cret & more"
RSA = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
EC = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(65537, 2048)

settings = {
    "redirect": "http://bot.example/api/v1/signin/oidc/callback", "claims": {"sub": "248289761001"}, "algorithm": "RS256", "key": 0,
    "methods": ["client_secret_basic", "client_secret_post"], "scopes": ["openid", "profile", "email", "groups"],
    # The name of the RSA keys, if they have not each their own; empty for none.
    "kid": None,
    # The issuer that the way back names, if not this one; empty for none. Whether the description says that it names one.
    "back": None, "names": False,
    # What is wrong with the token, or with an endpoint.
    "fault": "", "issuer": "", "answer": "", "status": 500,
}
codes = {}
seen = []


def key_name():
    return f"rsa-{settings['key']}" if settings["kid"] is None else settings["kid"]


def token(code):
    now = int(time.time())
    claims = {
        "iss": settings["issuer"] or issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": code["nonce"], **settings["claims"],
    }
    key, algorithm, kid = RSA[settings["key"]], "RS256", key_name()
    if settings["algorithm"] == "ES256":
        key, algorithm, kid = EC, "ES256", "ec"
    match settings["fault"]:
        case "signature": key = STRANGER
        case "none": key, algorithm = None, "none"
        case "shared secret": key, algorithm = SECRET, "HS256"
        case "public key as secret":
            # Signed with the text of the public key: whoever lets the token choose the algorithm accepts it.
            claims_part = encoded({"alg": "HS256", "kid": kid, "typ": "JWT"}) + "." + encoded(claims)
            return claims_part + "." + text(hashlib.sha256((RSAAlgorithm.to_jwk(RSA[0].public_key()) + claims_part).encode()).digest())
        case "audience": claims["aud"] = "another"
        case "two audiences": claims["aud"] = [CLIENT, "another"]
        case "party": claims["azp"] = "another"
        case "issuer": claims["iss"] = issuer + "/"
        case "expired": claims.update(iat=now - 7200, exp=now - 3600)
        case "future": claims.update(iat=now + 3600, exp=now + 7200)
        case "nonce": claims["nonce"] = "x"
        case "no nonce": del claims["nonce"]
        case "no subject": del claims["sub"]
        case "critical": return jwt.encode(claims, key, algorithm, headers={"kid": kid, "crit": ["x"], "x": 1})
        case "key": kid = "unknown"
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else None)


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded(value):
    return text(json.dumps(value).encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, document=None, **headers):
        body = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        seen.append(url.path)
        if settings["answer"] == url.path:
            return self.reply(settings["status"], {"error": "server_error"})
        match url.path:
            case "/.well-known/openid-configuration":
                self.reply(200, {
                    "issuer": settings["issuer"] or issuer, "authorization_endpoint": issuer + "/authorize?tenant=1",
                    "token_endpoint": issuer + "/token", "jwks_uri": issuer + "/keys", "scopes_supported": settings["scopes"],
                    "token_endpoint_auth_methods_supported": settings["methods"],
                    "authorization_response_iss_parameter_supported": settings["names"],
                })
            case "/keys":
                name = {"kid": key_name()} if key_name() else {}
                keys = [json.loads(RSAAlgorithm.to_jwk(RSA[settings["key"]].public_key())) | {"use": "sig"} | name]
                keys += [json.loads(ECAlgorithm.to_jwk(EC.public_key())) | {"kid": "ec", "alg": "ES256"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}]
                self.reply(200, {"keys": keys})
            case "/authorize": self.authorize({name: values[0] for name, values in parse_qs(url.query).items()})
            case "/seen": self.reply(200, seen)
            case _: self.reply(404, {})

    def authorize(self, query):
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != settings["redirect"] or query.get("tenant") != "1":
            return self.reply(400, {"error": "invalid_request"})
        answer = {"state": query["state"]}
        if settings["back"] != "":
            answer["iss"] = settings["back"] or issuer
        missing = [name for name in ("state", "nonce", "code_challenge") if len(query.get(name, "")) != 43]
        if missing or query.get("code_challenge_method") != "S256" or query.get("response_type") != "code" or "openid" not in query["scope"].split():
            answer["error"] = "invalid_request"
        elif settings["fault"] == "denied":
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(16)
            codes[answer["code"]] = {**query, "end": time.time() + 60}
        self.reply(302, Location=f"{query['redirect_uri']}?{urlencode(answer)}")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            settings.update(json.loads(body))
            return self.reply(200, {})
        if settings["answer"] == self.path:
            return self.reply(settings["status"], {"error": "server_error"})
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        basic = self.headers.get("Authorization", "")
        if basic.startswith("Basic ") and "client_secret_basic" in settings["methods"]:
            pair = [unquote(part) for part in base64.b64decode(basic[6:]).decode().split(":", 1)]
        else:
            pair = [form.get("client_id"), form.get("client_secret")]
        if pair != [CLIENT, SECRET]:
            return self.reply(401, {"error": "invalid_client"})
        code = codes.pop(form.get("code"), None)
        challenge = text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code is None or code["end"] < time.time() or form.get("redirect_uri") != code["redirect_uri"] or challenge != code["code_challenge"]:
            return self.reply(400, {"error": "invalid_grant"})
        self.reply(200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token(code)})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
issuer = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
print(issuer, flush=True)
sys.stdin.read()
