internal import EventLoop
internal import HTTP

/// An endpoint of the REST API.
struct GitHubRoute: Sendable {
    typealias Work = @Net @Sendable (GitHubHub, GitHubCall) async throws -> GitHubReply

    let method: HTTPMethod
    /// As in GitHub's documentation; `{+path}` at the end takes the rest.
    let pattern: String
    let need: GitHubNeed
    /// Counts as creation of content.
    let isContent: Bool
    let work: Work
    private let parts: [Substring]

    init(
        _ method: HTTPMethod, _ pattern: String, _ need: GitHubNeed, isContent: Bool = false, _ work: @escaping Work
    ) {
        self.method = method
        self.pattern = pattern
        self.need = need
        self.isContent = isContent
        self.work = work
        self.parts = pattern.split(separator: "/")
    }

    var name: String { "\(self.method.rawValue) \(self.pattern)" }

    /// The parameters if the path is one of this route's.
    func match(_ path: [Substring]) -> [String: String]? {
        var found: [String: String] = [:]
        for (index, part) in self.parts.enumerated() {
            if part.hasPrefix("{+") {
                found[String(part.dropFirst(2).dropLast())] = path[min(index, path.count)...].joined(separator: "/")
                return found
            }
            guard index < path.count else { return nil }
            if part.hasPrefix("{") {
                found[String(part.dropFirst().dropLast())] = String(path[index])
            } else if part != path[index] {
                return nil
            }
        }
        return path.count == self.parts.count ? found : nil
    }
}
