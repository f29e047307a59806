import HTTP
import HTTPServer
import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: through the proxy", .serialized, .timeLimit(.minutes(1)))
@Net
struct TranslatedPassageTests {
    @Test("tokens are estimated for a model that the upstream has only in another form")
    func count() async throws {
        let scene = try await ProxyScene { request in
            let body = (try? JSON.parse(try await request.body.collect(upTo: 1 << 20))) ?? .null
            let code: JSON = body["model"] == "bad" ? "invalid_request" : "unsupported_api_for_model"
            return .json(["error": ["message": "no", "code": code]], .badRequest)
        }
        func count(_ model: JSON) async throws -> (status: Int, json: JSON) {
            let body: JSON = ["model": model, "messages": [["role": "user", "content": "12345678"]]]
            let answer = try await scene.ask(.post, "/v1/messages/count_tokens", [:], .bytes(body.bytes))
            return (answer.status, try JSON.parse(answer.body))
        }
        let estimate = try await count("m")
        #expect(estimate.status == 200 && estimate.json == ["input_tokens": 6])
        let refused = try await count("bad")
        #expect(refused.status == 400 && refused.json["error"]?["code"] == "invalid_request")
        await scene.stop()
    }
}
