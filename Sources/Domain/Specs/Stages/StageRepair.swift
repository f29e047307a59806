internal import Chat
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import SpecDocuments

/// Sends what a model got wrong back to it, section by section.
struct StageRepair: Sendable {
    /// What became of the documents.
    struct Result: Sendable {
        var documents: [String: [UInt8]]
        /// What was written again: the document's path, and the section's title or nil for all of it.
        var changes: [(path: String, section: String?)] = []
    }

    let model: StageModel
    let chosen: String?
    let check: StageCheck
    /// The forms of documents by path, for the order of sections.
    let forms: [String: String]
    let report: StageModel.Report

    /// The documents with fewer errors, or as they were.
    func mended(_ documents: [String: [UInt8]]) async throws -> Result {
        var result = Result(documents: documents)
        for round in 1...StageLimits.repairs {
            let errors = self.check.errors(in: result.documents)
            if errors.isEmpty { break }
            let count = errors.count.counted("error")
            try await self.report(.thinking("Correcting \(count) (\(round) of \(StageLimits.repairs))."))
            do {
                for request in self.requests(for: errors, in: result.documents) {
                    try await self.mend(request, &result)
                }
            } catch let error as TurnFailure {
                // The document is worth keeping as it is.
                self.model.logger.info("a document was not corrected", ["reason": .string(error.message)])
                break
            }
        }
        return result
    }

    /// From the end of each document on, so that lines above stay where they are. A document with many broken sections
    /// is sent as a whole.
    private func requests(for errors: [DocumentFinding], in documents: [String: [UInt8]]) -> [RepairRequest] {
        let all = RepairRequest.requests(for: errors, in: self.check.feature(with: documents))
        return documents.keys.sorted().flatMap { path -> [RepairRequest] in
            let own = all.filter { $0.path == path }
            let isWhole = own.contains { $0.section == nil } || own.count > StageLimits.sections
            guard isWhole else { return own.sorted { $0.lines?.lowerBound ?? .max > $1.lines?.lowerBound ?? .max } }
            return [
                RepairRequest(
                    path: path, section: nil, text: nil, lines: nil, findings: own.flatMap(\.findings).sorted())
            ]
        }
    }

    private func mend(_ request: RepairRequest, _ result: inout Result) async throws {
        guard let old = result.documents[request.path] else { return }
        var draft = SilentDraft()
        let ending = try await self.model.stream(
            self.messages(for: request, in: result.documents), by: self.chosen,
            for: StageModel.Wish(noun: "a correction", advice: "try again", isCorrection: true), into: &draft
        ) { event in
            // Its reasoning and its retries are no part of the answer.
            if case .usage = event { try await self.report(event) }
        }
        guard ending == .complete, let answer = SectionAnswer(draft.text) else { return }
        let isWhole = request.section == nil && answer.isWhole
        let new = isWhole ? Array(answer.text.utf8) : answer.applied(to: old, order: self.order(request.path))
        guard let new, new.count <= StageLimits.document else { return }
        let kept = request.path.hasSuffix("/tasks.md") ? TickKeeper(old).applied(to: new) : new
        var candidate = result.documents
        candidate[request.path] = kept
        // A correction that breaks something else is discarded.
        guard self.check.errors(in: candidate).count < self.check.errors(in: result.documents).count else { return }
        result.documents = candidate
        if isWhole {
            result.changes.removeAll { $0.path == request.path }
            result.changes.append((request.path, nil))
        } else {
            for title in answer.titles
            where !result.changes.contains(where: { $0.path == request.path && ($0.section ?? title) == title }) {
                result.changes.append((request.path, title))
            }
        }
    }

    /// The keys of the form's sections in their order.
    private func order(_ path: String) -> [String] {
        MarkdownDocument(self.forms[path] ?? "").sections.filter { $0.level == 2 }.map(\.key)
    }

    private func messages(for request: RepairRequest, in documents: [String: [UInt8]]) -> [ModelMessage] {
        let what = request.section.map { "the section “\($0)”" } ?? "the document"
        let end =
            request.section == nil ? "from its title to its end" : "from its heading to its end, its level unchanged"
        let instructions = """
            You correct a document in the form of spec-kit.
            Purpose: correction

            Answer with \(what) as it has to be, \(end), and nothing else: no preface, no fence around it.

            Rules:
            - Correct what is listed and leave everything else as it is, word for word, in its language.
            - \(StageMaterial.rule)
            """
        var material = StageMaterial()
        for document in self.check.feature(with: documents).documents
        where document.path != request.path && [.spec, .plan].contains(document.kind) {
            material.add(document: document.path, document.markdown.bytes)
        }
        material.add(document: request.path, documents[request.path], note: "to be corrected")
        if let section = request.section {
            let form = self.form(of: section, in: request.path)
            material.add(
                request.lines == nil
                    ? "The section “\(section)” is missing.\(form)" : "Correct only the section “\(section)”.\(form)")
        }
        material.add("What to correct:\n\(request.instructions)")
        return [ModelMessage(.system, instructions), ModelMessage(.user, material.text)]
    }

    private func form(of section: String, in path: String) -> String {
        let markdown = MarkdownDocument(self.forms[path] ?? "")
        let key = DocumentSection.key(of: Array(section.utf8)[...])
        guard let form = markdown.section(key) else { return "" }
        return " Its form:\n\n\(AnswerText.prefix(of: Array(markdown.text(form.line..<form.end).utf8), 6_000))"
    }
}

extension TickKeeper {
    /// The document with each line's box as it has to be.
    func applied(to document: [UInt8]) -> [UInt8] {
        let markdown = MarkdownDocument(document)
        var result: [UInt8] = []
        result.reserveCapacity(document.count)
        for line in markdown.lines.indices {
            let range = markdown.lines[line]
            if range.kind == .text, document[range.content].contains(UInt8(ascii: "[")), markdown.isUTF8 {
                result += self.line(markdown.text(line)).utf8
            } else {
                result += document[range.content]
            }
            result += document[range.content.upperBound..<range.end]
        }
        return result
    }
}
