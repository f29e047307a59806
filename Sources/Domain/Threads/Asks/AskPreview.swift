package import Chat

/// The part of an approval's message that may be cut: what a change looks like. Pure.
package enum AskPreview {
    /// Lines and bytes of a line, tried in this order until the room can show it.
    package static let limits: [(lines: Int, bytes: Int)] = [
        (400, 400), (100, 200), (40, 120), (20, 100), (10, 80), (4, 80),
    ]

    package static func cut(_ request: ApprovalRequest, to limit: (lines: Int, bytes: Int)) -> ApprovalRequest {
        ApprovalRequest(
            action: request.action, subject: request.subject, directory: request.directory, tool: request.tool,
            approver: request.approver, scope: request.scope, effect: request.effect,
            preview: request.preview.map { Self.cut($0, to: limit) })
    }

    private static func cut(_ text: String, to limit: (lines: Int, bytes: Int)) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var shown = lines.prefix(limit.lines).map { line in
            line.utf8.count <= limit.bytes ? String(line) : Self.cut(line, to: limit.bytes)
        }
        if lines.count > limit.lines { shown.append("… \(lines.count - limit.lines) more lines; `diff` shows all") }
        return shown.joined(separator: "\n")
    }

    private static func cut(_ line: Substring, to bytes: Int) -> String {
        var end = line.startIndex
        var count = 0
        while end < line.endIndex {
            let size = line[end].utf8.count
            guard count + size <= bytes else { break }
            count += size
            end = line.index(after: end)
        }
        return line[..<end] + "…"
    }
}
