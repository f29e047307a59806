import HTTP
import Testing

@testable import Proxy

@Suite("Which header fields pass the proxy")
struct HeaderRulesTests {
    private func names(_ headers: HTTPHeaders) -> [String] { headers.map { $0.name.lowercased() } }

    @Test(
        "what belongs to one connection does not pass, in either direction",
        arguments: [
            "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
            "Proxy-Authenticate", "transfer-ENCODING",
        ])
    func hopByHop(_ name: String) {
        let headers: HTTPHeaders = ["Accept": "*/*", name: "x"]
        #expect(self.names(ForwardedHeaders.request(headers, isModelRequest: false)) == ["accept"])
        #expect(self.names(ForwardedHeaders.response(headers, isMounted: false)) == ["accept"])
    }

    @Test("what Connection names does not pass, but it can't take away what gives the message its meaning")
    func named() {
        let headers: HTTPHeaders = [
            "Connection": "close, X-Private ,Content-Type", "X-Private": "1", "Content-Type": "text/plain",
            "connection": "x-other", "X-Other": "2", "X-Kept": "3",
        ]
        #expect(self.names(ForwardedHeaders.request(headers, isModelRequest: false)) == ["content-type", "x-kept"])
    }

    @Test(
        "the client's credentials, its host and where it is do not pass",
        arguments: [
            "Authorization", "Proxy-Authorization", "Host", "Expect", "Forwarded", "X-Forwarded-For",
            "X-Forwarded-Host", "x-forwarded-anything", "X-Real-IP", "X-Request-Id",
        ])
    func personal(_ name: String) {
        #expect(ForwardedHeaders.request([name: "x"], isModelRequest: false).isEmpty)
    }

    @Test("everything else passes in its order, repeated fields and strange bytes included")
    func rest() {
        var headers: HTTPHeaders = ["B": "1", "A": "2", "b": "3", "Via": "1.1 other", "X-Initiator": "agent"]
        headers.append(name: Array("X-Latin".utf8), value: [0xE9])
        #expect(ForwardedHeaders.request(headers, isModelRequest: false) == headers)
        #expect(ForwardedHeaders.request(headers, isModelRequest: true) == headers)
    }

    @Test("a model's answer is not asked for in compressed form")
    func compression() {
        let headers: HTTPHeaders = ["Accept-Encoding": "gzip"]
        #expect(ForwardedHeaders.request(headers, isModelRequest: true).isEmpty)
        #expect(ForwardedHeaders.request(headers, isModelRequest: false) == headers)
    }

    @Test(
        "the gateway's own cookie stays here, others pass",
        arguments: [
            ("jetbridge_session=s", nil), ("a=1; jetbridge_session=s; b=2", "a=1; b=2"), ("a=1", "a=1"),
            ("xjetbridge_session=s", "xjetbridge_session=s"),
        ] as [(String, String?)])
    func cookie(_ given: String, _ expected: String?) {
        #expect(ForwardedHeaders.request(["Cookie": given], isModelRequest: false)["cookie"] == expected)
    }

    @Test("below the gateway the upstream sets no cookies")
    func mounted() {
        let headers: HTTPHeaders = ["Set-Cookie": "a=1", "Content-Type": "text/html"]
        #expect(self.names(ForwardedHeaders.response(headers, isMounted: true)) == ["content-type"])
        #expect(self.names(ForwardedHeaders.response(headers, isMounted: false)) == ["set-cookie", "content-type"])
    }
}
