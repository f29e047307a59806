/// A comment on a pull request or on one of its lines.
package struct HubComment: Sendable {
    package let id: Int
    package let pull: Int
    package let author: String
    package var body: String
    package var created: Double
    package var review: Int?
    package var replyTo: Int?
    // Of a line
    package var path: String?
    package var line: Int?
    package var side = "RIGHT"
    package var commit = ""
    package var hunk = ""
}
