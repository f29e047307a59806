import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite("Forwarded header fields")
struct HeaderRulesTests {
    private func names(_ headers: HTTPHeaders) -> [String] { headers.map { $0.name.lowercased() } }

    @Test(
        "hop-by-hop fields are not forwarded in either direction",
        arguments: [
            "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
            "Proxy-Authenticate", "transfer-ENCODING",
        ])
    func hopByHop(_ name: String) {
        let headers: HTTPHeaders = ["Accept": "*/*", name: "x"]
        expectEqual(self.names(ForwardedHeaders.request(headers, isModelRequest: false)), ["accept"])
        expectEqual(self.names(ForwardedHeaders.response(headers, isMounted: false)), ["accept"])
    }

    @Test("fields named by Connection are dropped, except those that give the message its meaning")
    func named() {
        let headers: HTTPHeaders = [
            "Connection": "close, X-Private ,Content-Type", "X-Private": "1", "Content-Type": "text/plain",
            "connection": "x-other", "X-Other": "2", "X-Kept": "3",
        ]
        expectEqual(self.names(ForwardedHeaders.request(headers, isModelRequest: false)), ["content-type", "x-kept"])
    }

    @Test(
        "the client's credentials, host and address are not forwarded",
        arguments: [
            "Authorization", "Proxy-Authorization", "X-Api-Key", "api-key", "x-goog-api-key",
            "Ocp-Apim-Subscription-Key", "Sec-WebSocket-Protocol", "Host", "Expect", "Forwarded", "X-Forwarded-For",
            "X-Forwarded-Host", "x-forwarded-anything", "X-Real-IP", "X-Request-Id",
        ])
    func personal(_ name: String) {
        #expect(ForwardedHeaders.request([name: "x"], isModelRequest: false).isEmpty)
    }

    @Test("all other fields are forwarded in order, including repeated fields and invalid bytes")
    func rest() {
        var headers: HTTPHeaders = ["B": "1", "A": "2", "b": "3", "Via": "1.1 other", "X-Initiator": "agent"]
        headers.append(name: Array("X-Latin".utf8), value: [0xE9])
        expectEqual(ForwardedHeaders.request(headers, isModelRequest: false), headers)
        expectEqual(ForwardedHeaders.request(headers, isModelRequest: true), headers)
    }

    @Test("model requests do not accept compression")
    func compression() {
        let headers: HTTPHeaders = ["Accept-Encoding": "gzip"]
        #expect(ForwardedHeaders.request(headers, isModelRequest: true).isEmpty)
        expectEqual(ForwardedHeaders.request(headers, isModelRequest: false), headers)
    }

    @Test(
        "only the gateway's cookies are removed",
        arguments: [
            ("jetbridge_session=s", nil), ("a=1; jetbridge_session=s; b=2", "a=1; b=2"), ("a=1", "a=1"),
            ("xjetbridge_session=s", "xjetbridge_session=s"), ("a=1;jetbridge_session =s", "a=1"),
            ("__Host-jetbridge_session=s; a=1", "a=1"), ("jetbridge_signin=s; __Host-jetbridge_signin=s", nil),
            ("jetbridge_sessions=s", "jetbridge_sessions=s"),
        ] as [(String, String?)])
    func cookie(_ given: String, _ expected: String?) {
        expectEqual(ForwardedHeaders.request(["Cookie": given], isModelRequest: false)["cookie"], expected)
    }

    @Test("below the gateway the upstream cannot set cookies")
    func mounted() {
        let headers: HTTPHeaders = ["Set-Cookie": "a=1", "Content-Type": "text/html"]
        expectEqual(self.names(ForwardedHeaders.response(headers, isMounted: true)), ["content-type"])
        expectEqual(self.names(ForwardedHeaders.response(headers, isMounted: false)), ["set-cookie", "content-type"])
    }
}
