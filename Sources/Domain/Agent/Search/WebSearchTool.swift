internal import Models
internal import Primitives
internal import Web

/// `search`: results of the configured provider, which the host asks.
struct WebSearchTool: Tool {
    let web: WebSearch

    private static let standardCount = 5

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let query = call.text("query").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !query.isEmpty, query.utf8.count <= WebSearch.queryLimit else {
            throw ToolFailure("The query must have 1 to \(WebSearch.queryLimit) bytes. Nothing was searched.")
        }
        guard !query.unicodeScalars.contains(where: { VisibleText.line(String($0)) != String($0) }) else {
            throw ToolFailure("The query has invisible characters. Nothing was searched.")
        }
        // People approve what leaves the host, and who gets it.
        return call.intent(
            "\(self.web.host): \(query)", title: "search \(query.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let host = self.web.host
        let query = String(intent.subject.dropFirst(host.count + 2))
        let pages: [FoundPage]
        do {
            pages = try await self.web.pages(
                for: query, count: intent.call.number("count") ?? Self.standardCount)
        } catch let failure as WebSearchFailure {
            throw ToolFailure("The web was not searched: \(failure)")
        }
        guard !pages.isEmpty else {
            return ToolResult(
                .done, text: "Nothing was found. Use fewer or other words.", summary: "\(intent.title), no results")
        }
        let list = pages.enumerated().map { index, page in
            "\(index + 1). \(page.title)\n   \(page.address)\n   \(page.excerpt)"
        }
        return ToolResult(
            .done, text: DataBlock.of(ShellTool.safe(list.joined(separator: "\n")), from: "search"),
            summary: "\(intent.title), \(pages.count.counted("result")): \(Self.hosts(of: pages))", isMarked: true)
    }

    /// Each once, in the order of the results.
    private static func hosts(of pages: [FoundPage]) -> String {
        var hosts: [String] = []
        for page in pages {
            let host = String(page.address.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) })
            if !hosts.contains(host) { hosts.append(host) }
        }
        return hosts.joined(separator: ", ")
    }
}
