/// Where a page of sessions ends; the next one follows it.
package struct SessionCursor: Sendable, Equatable, CustomStringConvertible {
    /// When the page's last session was last active, in milliseconds since 1970.
    let activeAt: Int64
    let id: String

    package init(after session: SessionRecord) {
        self.activeAt = session.activeAt
        self.id = session.id
    }

    /// Nil for a text that is no cursor.
    package init?(_ text: String) {
        guard let dash = text.firstIndex(of: "-"), let at = Int64(text[..<dash]) else { return nil }
        self.activeAt = at
        self.id = String(text[text.index(after: dash)...])
    }

    package var description: String { "\(self.activeAt)-\(self.id)" }
}
