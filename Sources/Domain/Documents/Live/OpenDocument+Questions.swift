internal import Git
internal import JSON
internal import Repositories
internal import SpecDocuments
internal import Threads

/// What an editor asks beside the text: what is wrong in it, and how it was before.
extension OpenDocument {
    func take(question: JSON, from port: DocumentPort) async {
        guard port.budget.mayDo(self.cost(of: question), at: self.context.now()) else {
            // Whoever goes through the list of versions asks for each of them.
            if let refusal = Self.tooManyLooks(question) { return port.send(refusal) }
            return self.refuse(port, "too-large", Self.tooFast.description)
        }
        if let answer = await self.answer(question) { return port.send(answer) }
        port.send([
            "type": "error", "code": "unknown",
            "message": "Send {\"type\":\"save\"}, or the messages of y-protocols.",
        ])
    }

    /// Nil for what is no question.
    private func answer(_ question: JSON) async -> JSON? {
        switch question["type"] {
        case "check": return ["type": "findings", "items": .array(self.findings())]
        case "comments": return await self.readComments()
        case "history": return await self.answering { try await self.context.desk.history(of: self.place) }
        case "version":
            let commit = question["commit"]?.stringValue ?? ""
            return await self.answering { try await self.context.desk.version(commit, of: self.place) }
        default: return nil
        }
    }

    /// In operations. The rules read the whole text, unless somebody has asked about the same one; a history reads commits.
    private func cost(of question: JSON) -> Int {
        switch question["type"] {
        case "history", "version": EditBudget.rate / 8
        case "check" where self.checked?.at != self.text.changeCount: max(Self.questionCost, self.text.byteCount / 32)
        default: Self.questionCost
        }
    }

    /// The answer to a look into the history beyond the person's budget; nil for other questions.
    private static func tooManyLooks(_ question: JSON) -> JSON? {
        guard question["type"] == "history" || question["type"] == "version" else { return nil }
        return [
            "type": "error", "code": "history",
            "message": "That was more of the history than I read in a second: choose the version again.",
        ]
    }

    /// As `spec check` finds them in the document alone.
    private func findings() -> [JSON] {
        if let checked, checked.at == self.text.changeCount { return checked.findings }
        let document = FeatureDocument(path: self.place.path, text: self.plainText)
        let findings = FeatureValidator().findings(in: FeatureDocuments(folder: "", documents: [document])).map {
            [
                "line": $0.line.map { .integer(Int64($0)) } ?? .null, "rule": .string($0.rule.id),
                "severity": .string($0.severity.rawValue), "message": .string($0.message),
            ] as JSON
        }
        self.checked = (self.text.changeCount, findings)
        return findings
    }

    private func answering(_ body: () async throws -> JSON) async -> JSON {
        do {
            return try await body()
        } catch {
            let reason = (error as? RepositoryError).map { "\($0.message)." } ?? "\(error)"
            return ["type": "error", "code": "history", "message": .string("The history can't be read. \(reason)")]
        }
    }
}

extension DocumentVersions {
    /// As editors hear of the conflict.
    var message: JSON {
        let what =
            self.theirs == nil
            ? "Others have deleted or renamed this document."
            : "Others have changed the same lines."
        return [
            "type": "conflict", "commit": self.head.map { .string($0.hex) } ?? .null,
            "base_text": self.base.map { .string($0) } ?? .null,
            "theirs": self.theirs.map { .string($0) } ?? .null,
            "message": .string(
                what + " Your text stays, and is not committed: put both together, and save with `commit` as `base`."),
        ]
    }
}

extension DocumentDesk {
    private static let historyLimit = 100

    /// The commits that changed a document, newest first, as the answer to an editor.
    func history(of place: DocumentPlace) async throws -> JSON {
        let (repository, head) = try await self.head(of: place)
        let commits = try await repository.history(of: place.path, from: head, limit: Self.historyLimit)
        return [
            "type": "history",
            "items": .array(
                commits.items.map { commit in
                    [
                        "sha": .string(commit.id.hex), "subject": .string(commit.subject),
                        "author": .string(commit.author.name), "at": .integer(commit.author.seconds * 1_000),
                    ]
                }),
        ]
    }

    /// A document as a commit had it, what that one changed in it, and what differs since.
    func version(_ commit: String, of place: DocumentPlace) async throws -> JSON {
        let (repository, head) = try await self.head(of: place)
        let old = try await repository.resolve(commit)
        return [
            "type": "version", "commit": .string(old.hex),
            "text": .string(try await Self.text(place.path, at: old, in: repository) ?? ""),
            "change": .string(try await repository.patch(of: place.path, in: old)),
            "diff": .string(try await repository.patch(of: place.path, from: old, to: head)),
        ]
    }
}
