internal import Chat
internal import Git
internal import JSON
internal import Primitives
internal import Repositories

/// Puts two versions of the same lines to the people of a thread.
struct ConflictQuestion {
    /// The choices, in the order of their letters.
    enum Choice: Int, CaseIterable {
        case theirs, ours, ownBranch
    }

    /// A colleague may have to be asked first.
    static let lifetime = Duration.seconds(30 * 24 * 3_600)
    /// Lines of each version; the viewer and Git have the rest.
    static let lineLimit = 6
    static let widthLimit = 160

    private let conflict: DocumentConflict
    private let turn: String

    /// - Parameter turn: The operation whose change this is; its commit is kept under its id.
    init(_ conflict: DocumentConflict, turn: String) {
        self.conflict = conflict
        self.turn = turn
    }

    var parked: ParkedQuestion {
        ParkedQuestion(
            ThreadQuestion(.conflict, self.text, options: self.options, answerer: .members), lifetime: Self.lifetime,
            kind: .conflict, payload: ConflictPayload(repository: self.conflict.repository, turn: self.turn).text)
    }

    private var options: [ThreadQuestion.Option] {
        [
            ThreadQuestion.Option("Theirs: keep the branch as it is and drop ours"),
            ThreadQuestion.Option("Ours: put our version in place of theirs, in a commit on top"),
            ThreadQuestion.Option("A branch of its own for ours", isRecommended: true),
        ]
    }

    private var text: String {
        let others = ConflictTexts.list(self.conflict.commits)
        var lines = [
            "`\(self.conflict.branch)` was changed in the meantime (\(others)), in the same place as here. "
                + "Nothing is overwritten; which version should it have?"
        ]
        if let file = self.conflict.files.first {
            let (theirs, ours) = Self.difference(file)
            lines += ["", "Theirs, in `\(file.path)`:", Self.block(theirs), "Ours:", Self.block(ours)]
        }
        let rest = self.conflict.files.dropFirst().map { "`\($0.path)`" }
        if !rest.isEmpty { lines.append("Also in \(rest.prefix(5).joined(separator: ", ")).") }
        return lines.joined(separator: "\n")
    }

    /// The lines between the common beginning and end; nil for a deleted file.
    private static func difference(_ file: DocumentConflict.File) -> (theirs: [Substring]?, ours: [Substring]?) {
        let theirs = file.theirs.map(Self.lines)
        let ours = file.ours.map(Self.lines)
        guard let theirs, let ours else { return (theirs, ours) }
        let start = zip(theirs, ours).prefix { $0 == $1 }.count
        let end = zip(theirs.dropFirst(start).reversed(), ours.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        return (Array(theirs.dropFirst(start).dropLast(end)), Array(ours.dropFirst(start).dropLast(end)))
    }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        StreamSafeText.of(String(decoding: bytes, as: UTF8.self)).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    private static func block(_ lines: [Substring]?) -> String {
        guard let lines else { return "(deleted)" }
        guard !lines.isEmpty else { return "(these lines are removed)" }
        var shown = lines.prefix(Self.lineLimit).map { line in
            line.filter { $0 != "`" }.abridged(to: Self.widthLimit)
        }
        if lines.count > Self.lineLimit { shown.append("… \(lines.count - Self.lineLimit) more lines") }
        return "```\n\(shown.joined(separator: "\n"))\n```"
    }
}

/// The data behind the question about a conflict.
struct ConflictPayload: Equatable {
    let repository: String
    /// The operation whose commit is kept.
    let turn: String
}

extension ConflictPayload {
    init?(_ text: String) {
        guard let json = try? JSON.parse(text), let repository = json["repository"]?.stringValue,
            let turn = json["turn"]?.stringValue
        else { return nil }
        self.init(repository: repository, turn: turn)
    }

    var text: String { JSON.object(["repository": .string(self.repository), "turn": .string(self.turn)]).text }
}
