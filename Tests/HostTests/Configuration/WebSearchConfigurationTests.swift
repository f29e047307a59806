import HTTP
import Primitives
import TestSupport
import Testing
import Web

@testable import Host

@Suite("Configuration: search")
struct WebSearchConfigurationTests {
    @Test(
        "Providers have their own addresses, and SearXNG needs no key",
        arguments: [
            ("{provider: searxng, url: \"https://searx.example.org\"}", "searx.example.org"),
            ("{provider: brave, key: {env: KEY}}", "api.search.brave.com"),
            ("{provider: tavily, url: \"http://127.0.0.1:8080\", key: {env: KEY}}", "127.0.0.1"),
        ])
    func providers(_ section: String, host: String) throws {
        let loaded = load("search: \(section)", environment: ["KEY": "secret-of-search"])
        let search = try #require(loaded.configuration, "\(loaded.issues)").search
        expectEqual(search?.url.host, host)
        #expect(!"\(loaded.issues)".contains("secret-of-search"))
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("{provider: searxng}", "searxng needs 'url'"), ("{provider: brave}", "brave needs 'key'"),
            ("{provider: bing, key: x}", "'bing' is not one of searxng, brave, tavily"),
            ("{provider: searxng, url: \"http://searx.example.org\"}", "plain HTTP"),
            ("{url: \"https://e.org\"}", "provider"),
        ])
    func issues(_ section: String, text: String) {
        let loaded = load("search: \(section)", environment: [:])
        #expect(loaded.issues.contains { "\($0)".contains(text) }, "\(loaded.issues)")
    }

    @Test("A rule that was written for the search in files is named", arguments: ["search", "[grep, search]", "grep"])
    func rules(_ tools: String) {
        let loaded = load(
            """
            search: {provider: searxng, url: "https://searx.example.org"}
            policy: [{name: looking, tool: \(tools), role: member, decision: allow}]
            """, environment: [:])
        expectEqual(
            loaded.issues.contains { "\($0)".contains("'looking' also allows web searches") }, tools == "search",
            "\(loaded.issues)")
    }
}
