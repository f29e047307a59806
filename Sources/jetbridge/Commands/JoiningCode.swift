internal import Host
internal import JSON
internal import People
internal import Primitives

/// A code with its link, as a host or the store has made it.
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

    /// Reads a host's answer.
    init(_ answer: JSON) throws {
        guard let code = answer["code"]?.stringValue, let url = answer["url"]?.stringValue,
            let end = answer["expires_at"]?.stringValue.flatMap({ CivilTime.milliseconds(rfc3339: $0) })
        else { throw CommandFailure("the host's answer has no code; it may be of an earlier release") }
        self.code = code
        self.url = url
        self.expiresAt = CivilTime(milliseconds: end).rfc3339Seconds
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
