internal import Git
internal import Models
internal import Primitives
internal import Work

/// `read`: a file or a part of it, with line numbers.
struct ReadTool: Tool {
    let files: any WorkspaceFiles
    let state: TurnState

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let path = try WorkspacePath.ofFile(call.text("path"))
        let (from, to) = (call.number("from"), call.number("to"))
        if let to, to < from ?? 1 { throw ToolFailure("to (\(to)) is before from (\(from ?? 1)).") }
        let lines = from == nil && to == nil ? "" : ":\(from ?? 1)-\(to.map(String.init) ?? "")"
        return call.intent(path + lines, title: "read \(path.titled())\(lines)")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let call = intent.call
        let path = try WorkspacePath.ofFile(call.text("path"))
        guard let file = try await self.files.find(path, limit: ToolLimits.fileBytes) else {
            throw await Self.missing(path, in: self.files)
        }
        self.state.note(path, file.digest)
        if TextKind.isBinary(file.bytes) {
            return ToolResult(
                .done, text: "\(path) is a \(TextKind.name(of: file.bytes)) of \(file.bytes.count) bytes, not text.",
                summary: intent.title)
        }
        return try Self.result(of: file.bytes, path, call, intent.title)
    }

    private static func result(
        of bytes: [UInt8], _ path: String, _ call: CheckedCall, _ title: String
    ) throws(ToolFailure) -> ToolResult {
        let count = FileLine.count(in: bytes)
        guard count > 0 else { return ToolResult(.done, text: "\(path) is empty.", summary: title) }
        let from = call.number("from") ?? 1
        guard from <= count else {
            throw ToolFailure("\(path) has \(count) lines, so there is no line \(from).")
        }
        let last = min(call.number("to") ?? count, count)
        let lines = FileLine.split(bytes, from: from - 1, most: min(last - from + 1, ToolLimits.readLines))
        var text = ""
        var end = from - 1
        var isLineCut = false
        for line in lines {
            let shown = Self.shown(line)
            if text.utf8.count + shown.text.utf8.count > ToolLimits.readBytes { break }
            text += "\(end + 1)\t\(shown.text)\n"
            isLineCut = isLineCut || shown.isCut
            end += 1
        }
        var notes: [String] = []
        if isLineCut {
            notes.append("Lines over \(ToolLimits.readLine) characters are cut; use search or shell for them.")
        }
        if end < last { notes.append("Read on with from: \(end + 1).") }
        if FileLine.split(bytes, most: 1).first?.end == .carriageReturn { notes.append("The lines end with CRLF.") }
        if end == count, bytes.last != 0x0A { notes.append("The last line has no line break.") }
        let source = "\(path), lines \(from) to \(end) of \(count)"
        return ToolResult(
            .done, text: ([DataBlock.of(text, from: source)] + notes).joined(separator: "\n"), summary: title,
            isMarked: true)
    }

    private static func shown(_ line: FileLine) -> (text: String, isCut: Bool) {
        // Four bytes are one character at most.
        let text = VisibleText.of(line.text.prefix(4 * ToolLimits.readLine))
        guard text.utf8.count > ToolLimits.readLine, text.count > ToolLimits.readLine else { return (text, false) }
        return ("\(text.prefix(ToolLimits.readLine))… (\(line.text.count) bytes)", true)
    }

    /// With files of the same name elsewhere, which models mix up.
    static func missing(_ path: String, in files: any WorkspaceFiles) async -> ToolFailure {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let isPlain = !name.contains { "*?[]{}\\\"!#".contains($0) }
        let others = isPlain ? try? await files.walk(WorkspaceWalk("", glob: name, limit: 3)).entries.map(\.path) : nil
        let meant = others.map { $0.isEmpty ? "" : " Did you mean \($0.joined(separator: ", "))?" } ?? ""
        return ToolFailure("There is no file \(path).\(meant) list and search show what there is.")
    }
}
