internal import Host
internal import JSON
internal import People
internal import Primitives

/// A code with its link.
struct JoiningCode: Sendable {
    let code: String
    let url: String
    /// In RFC 3339.
    let expiresAt: String

    /// - Parameter publicURL: The page's address.
    init(_ made: MadeCode, at publicURL: String) {
        self.code = made.code
        self.url = made.url(at: publicURL)
        self.expiresAt = CivilTime(milliseconds: made.entry.expiresAt).rfc3339Seconds
    }

    /// - Parameter more: Further members.
    func json(with more: JSONObject = [:]) -> JSON {
        var json: JSONObject = [
            "code": .string(self.code), "url": .string(self.url), "expires_at": .string(self.expiresAt),
        ]
        for (name, value) in more { json[name] = value }
        return .object(json)
    }
}
