internal import Web

/// The doctor's check of the provider of web searches, by one search.
enum WebSearchFindings {
    /// Nil without one.
    static func finding(_ configuration: Configuration) async -> Finding? {
        guard let search = WebSearch(configuration) else { return nil }
        let (provider, host) = (search.settings.provider.rawValue, search.host)
        do {
            let pages = try await search.pages(for: "jetbridge", count: 1)
            return Finding(
                "web search", .ok,
                "\(provider) at \(host) answers\(pages.isEmpty ? ", without a result for “jetbridge”" : "")")
        } catch {
            return Finding("web search", .warning, "the model cannot search the web: \(error)")
        }
    }
}
