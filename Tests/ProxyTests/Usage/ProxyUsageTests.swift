import Testing

@testable import Proxy

@Suite("Usage")
struct ProxyUsageTests {
    @Test("a model's name is cut, also within a character")
    func name() {
        func name(_ model: String) -> String {
            ProxyUsage(key: .local, model: model, tokens: AnswerTokens()).model
        }
        #expect(name("gpt-5") == "gpt-5")
        #expect(name(String(repeating: "x", count: 900_000)).utf8.count == 200)
        #expect(name("x" + String(repeating: "ü", count: 200)) == "x" + String(repeating: "ü", count: 99))
    }
}
