import JSON

@testable import Gateway

/// A repository with one feature, `001-a`.
struct FakeFeatures: FeatureSource {
    func feature(_ name: String?, of repository: String?) async throws -> FeatureAnswer {
        if repository == "broken" { return .refused("The repository is broken.") }
        guard name == "001-a" else { return .missing("There is no feature yet: describe one with `specify TEXT`.") }
        return .found([
            "repository": "notes", "feature": "001-a", "title": .null, "branch": "001-a", "source": "001-a",
            "folder": "specs/001-a",
            "head": "0a1b", "next": ["plan"], "questions": ["Which?"], "features": ["001-a"],
            "stages": [
                [
                    "stage": "specify", "state": "done", "commit": "0a1b",
                    "url": "http://bot.example/r/notes/commit/0a1b",
                    "path": "specs/001-a/spec.md", "needs": .null,
                ],
                ["stage": "tasks", "state": "missing", "commit": .null, "url": .null, "path": .null, "needs": "plan"],
            ],
            "tasks": [
                ["id": "T001", "text": "Do", "done": true, "parallel": false, "stories": [1], "phase": .null]
            ],
            "documents": [
                [
                    "path": "specs/001-a/spec.md", "kind": "spec", "errors": 0, "warnings": 1, "commit": .null,
                    "url": "http://bot.example/r/notes/blob/001-a/specs/001-a/spec.md",
                ]
            ],
        ])
    }

    func document(_ path: String, of feature: String?, in repository: String?) async throws -> FeatureAnswer {
        guard path == "specs/001-a/spec.md" else { return .missing("No such document.") }
        return .found([
            "path": .string(path), "head": "0a1b", "text": "# A", "is_cut": false,
            "versions": [
                [
                    "sha": "0a1b", "subject": "s", "author": "Ada", "at": "2026-11-22T00:00:00.000Z",
                    "url": "http://bot.example/r/notes/commit/0a1b",
                ]
            ],
        ])
    }

    func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer {
        .found(["diff": .string("\(path) \(old) \(new)")])
    }
}
