internal import Git
package import JSON

extension FeatureOverview {
    /// The API's and the command line's form.
    ///
    /// - Parameter others: The names of all features of the repository, the newest first.
    package func json(of repository: String, links: SpecLinks, all others: [String]) -> JSON {
        [
            "repository": .string(repository), "feature": .string(self.name),
            "title": self.title.map { .string($0) } ?? .null, "branch": .string(self.branch),
            "folder": .string(self.folder), "head": .string(self.head.hex),
            "stages": .array(self.states.stages.map { self.json($0, links) }),
            "next": .array(self.states.next.map { .string($0.rawValue) }),
            "questions": .array(self.questions.map { .string($0) }),
            "tasks": .array(self.tasks.map(Self.json)),
            "documents": .array(
                self.documents.map { document in
                    [
                        "path": .string(document.path), "kind": .string(document.kind.rawValue),
                        "errors": .integer(Int64(document.errors)), "warnings": .integer(Int64(document.warnings)),
                        "commit": document.commit.map { .string($0.id.hex) } ?? .null,
                        "url": .string(links.document(document.path, on: self.branch)),
                    ]
                }),
            "features": .array(others.map { .string($0) }),
        ]
    }

    private func json(_ status: StageStatus, _ links: SpecLinks) -> JSON {
        let commit = self.commits[status.stage]?.id.hex
        return [
            "stage": .string(status.stage.rawValue), "state": .string(status.state.rawValue),
            "commit": commit.map { .string($0) } ?? .null,
            "url": commit.map { .string(links.commit($0)) } ?? .null,
            "path": status.path.map { .string($0) } ?? .null,
            "needs": status.state == .missing ? status.needs.map { .string($0.rawValue) } ?? .null : .null,
        ]
    }

    private static func json(_ task: Task) -> JSON {
        [
            "id": .string(task.id), "text": .string(task.text), "done": .bool(task.isTicked),
            "parallel": .bool(task.isParallel), "stories": .array(task.stories.map { .integer(Int64($0)) }),
            "phase": task.phase.map { .string($0) } ?? .null,
        ]
    }
}

extension FeatureOverview {
    /// The short hash of the commit that wrote a stage's document.
    package func hash(of stage: Stage) -> String? { self.commits[stage]?.id.short }
}
