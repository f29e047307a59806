import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite("Upstream targets")
struct UpstreamTargetTests {
    @Test(
        "paths and queries are kept, except OpenAI's /v1 if the upstream's URL lacks it",
        arguments: [
            ("/models", nil, "https://api.test", "https://api.test/models", nil),
            ("/a%2Fb/../c", "x=1&y", "https://api.test", "https://api.test/a%2Fb/../c?x=1&y", nil),
            ("/", nil, "https://api.test/", "https://api.test/", nil),
            ("/x", nil, "https://api.test/base/", "https://api.test/base/x", nil),
            ("/v1/models", nil, "https://api.test", "https://api.test/models", "https://api.test/v1/models"),
            ("/v1/models", nil, "https://api.test/v1", "https://api.test/v1/models", nil),
            ("/v1", nil, "https://api.test", "https://api.test/", "https://api.test/v1"),
            ("/v10/models", nil, "https://api.test", "https://api.test/v10/models", nil),
        ] as [(String, String?, String, String, String?)])
    func target(path: String, query: String?, upstream: String, url: String, unmapped: String?) throws {
        let target = UpstreamTarget(path: path[...], query: query.map { $0[...] }, upstream: try HTTPURL(upstream))
        expectEqual("\(target.url)", url)
        expectEqual(target.unmapped.map { "\($0)" }, unmapped)
    }

    @Test("OPTIONS * is not a path")
    func asterisk() throws {
        let target = UpstreamTarget(path: "*", query: nil, upstream: try HTTPURL("https://api.test/base"))
        expectEqual(target.url.target, "*")
    }

    @Test(
        "model requests are recognised by their path",
        arguments: [
            ("/v1/chat/completions", true), ("/chat/completions", true), ("/responses", true),
            ("/v1/embeddings", true), ("/models", false), ("/chat/completions/x", false),
        ])
    func model(_ path: String, _ isModelRequest: Bool) throws {
        let target = UpstreamTarget(path: path[...], query: nil, upstream: try HTTPURL("https://api.test"))
        expectEqual(target.isModelRequest, isModelRequest)
    }

    @Test(
        "images and agent turns are found in a request's body",
        arguments: [
            (#"{"messages":[{"role":"user","content":"hi"}]}"#, false, false),
            (#"{"messages":[{"role":"user","content":"say \"role\":\"tool\" and \"image_url\""}]}"#, false, false),
            (#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#, true, false),
            (#"{"input":[{"role":"user","content":[{"type":"input_image"}]}]}"#, true, false),
            (#"{"messages":[{"role":"user"},{"role": "assistant"},{"content":"4","role" : "tool"}]}"#, false, true),
            (#"{"messages":[{"role":"user"}],"tools":[{"parameters":{"role":{"type":"string"}}}]}"#, false, false),
            (#"{"input":[{"role":"user"},{"type":"function_call_output","output":"4"}]}"#, false, true),
            ("", false, false), (#""role""#, false, false),
        ])
    func facts(_ body: String, hasImage: Bool, isAgentTurn: Bool) {
        var facts = ModelRequestFacts()
        facts.hasImage = hasImage
        facts.isAgentTurn = isAgentTurn
        expectEqual(ModelRequestFacts(body: Array(body.utf8), isWhole: true), facts)
    }

    @Test("an incomplete body is not an agent turn")
    func beginning() {
        let facts = ModelRequestFacts(body: Array(#"{"messages":[{"role":"tool"},"#.utf8), isWhole: false)
        #expect(!facts.isAgentTurn)
    }
}
