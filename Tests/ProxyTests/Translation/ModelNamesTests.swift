import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: paths, models, estimates")
struct ModelNamesTests {
    @Test("only the exact paths belong to a form")
    func paths() {
        for api in ModelAPI.allCases {
            #expect(ModelAPI(path: api.path[...]) == api && ModelAPI(path: "/v1\(api.path)") == api)
            #expect(ModelAPI(path: "/v2\(api.path)") == nil && ModelAPI(path: "\(api.path)/") == nil)
        }
        for path in ["", "/", "/v1", "/v1/messages/count_tokens", "/v1/v1/messages", "messages", "/chat", "/models"] {
            expectEqual(ModelAPI(path: path[...]), nil)
        }
    }

    @Test(
        "a model's name says which parameters it accepts",
        arguments: [
            ("gpt-4.1", "chat"), ("gpt-4o", "chat"), ("gpt-3.5-turbo", "chat"), ("gpt-5", "reasons"),
            ("openai/gpt-5.1-codex", "reasons"), ("o3-mini", "reasons"), ("gpt-oss-120b", "other"),
            ("claude-3-5-sonnet-20241022", "budget"), ("claude-sonnet-4-20250514", "budget"),
            ("claude-opus-4.5", "budget"), ("claude-opus-41", "budget"), ("claude-opus-41-20250805", "budget"),
            ("claude-opus-47", "newest"), ("claude-haiku-4-5-20251001", "budget"), ("claude-sonnet-4-6", "adapts"),
            ("anthropic/claude-opus-4-7", "newest"), ("claude-opus-5", "newest"), ("claude-next", "newest"),
            ("gemini-2.5-pro", "no effort"), ("grok-code-fast-1", "no effort"), ("olmo-2", "other"), ("", "other"),
        ])
    func family(_ name: String, _ kind: String) {
        let family = ModelFamily(name)
        expectEqual(family.isOpenAIReasoning, kind == "reasons")
        expectEqual(family.refusesEffort, !["reasons", "other"].contains(kind))
        expectEqual(family.thinksAdaptively, kind == "adapts" || kind == "newest")
        expectEqual(family.acceptsSampling, kind != "newest")
    }

    @Test("only the beginning of a long name counts")
    func longName() {
        func family(_ length: Int) -> ModelFamily {
            ModelFamily("claude" + String(repeating: "-", count: length) + "4-5")
        }
        #expect(!family(1).thinksAdaptively && family(1_024).thinksAdaptively)
    }

    @Test("ids follow from the upstream's")
    func ids() {
        #expect(AnswerID.message("chatcmpl-Ab1") == "msg_Ab1" && AnswerID.response("msg_01") == "resp_01")
        #expect(AnswerID.chat("resp_x-y") == "chatcmpl-x-y" && AnswerID.chat("chatcmpl-1") == "chatcmpl-1")
        #expect(AnswerID.message("") == "msg_0" && AnswerID.message("gen 1/é") == "msg_gen1")
    }

    @Test(
        "estimates count text by length, and images, documents and tools by fixed costs",
        arguments: [
            (#"{}"#, 0), (#"{"messages":[{"role":"user","content":"12345678"}]}"#, 6),
            (#"{"system":"1234","messages":[{"role":"user","content":[{"type":"text","text":"1234"}]}]}"#, 10),
            (#"{"messages":[{"role":"user","content":[{"type":"image","source":{"data":"AAAAAAAAAAAA"}}]}]}"#, 1504),
            (
                #"{"messages":[{"role":"user","content":[{"type":"tool_result","content":["#
                    + #"{"type":"image","source":{}},{"type":"text","text":"1234"}]}]}]}"#, 1505
            ),
            (#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64"}}]}]}"#, 3004),
            (
                #"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"12345"}}]}]}"#,
                6
            ),
            (#"{"tools":[{"name":"abcd","description":"1234","input_schema":{}}]}"#, 361),
            (#"{"messages":"x","tools":7,"system":[1,null,{"type":5}]}"#, 8),
        ])
    func estimate(_ body: String, _ tokens: Int) throws {
        try expectEqual(TokenEstimate.of(messages: JSON.parse(body)), tokens)
    }
}
