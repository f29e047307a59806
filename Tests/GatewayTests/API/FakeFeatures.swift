import JSON
import Schemas
import Specs

@testable import Gateway

/// A repository with the features `003-c`, `002-b` and `001-a`, of which only the last one is read.
struct FakeFeatures: FeatureSource {
    func feature(
        _ name: String?, of repository: String?
    ) async throws -> FeatureAnswer<FeatureOverview.Feature> {
        if repository == "broken" { return .refused("The repository is broken.") }
        guard name == "001-a" else { return .missing("There is no feature yet: describe one with `specify TEXT`.") }
        return .found(
            try FeatureOverview.Feature(decoding: [
                "repository": "notes", "feature": "001-a", "title": .null, "branch": "001-a", "source": "001-a",
                "folder": "specs/001-a",
                "head": "0a1b", "next": ["plan"], "questions": ["Which?"], "features": ["001-a"],
                "stages": [
                    [
                        "stage": "specify", "state": "done", "commit": "0a1b",
                        "url": "http://bot.example/r/notes/commit/0a1b",
                        "path": "specs/001-a/spec.md", "needs": .null,
                    ],
                    [
                        "stage": "tasks", "state": "missing", "commit": .null, "url": .null, "path": .null,
                        "needs": "plan",
                    ],
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
            ]))
    }

    func names(in repository: String?) async throws -> FeatureAnswer<[String]> {
        repository == "unknown" ? .missing("There is no such repository.") : .found(["003-c", "002-b", "001-a"])
    }

    func document(
        _ path: String, of feature: String?, in repository: String?
    ) async throws -> FeatureAnswer<API.FeatureText> {
        guard path == "specs/001-a/spec.md" else { return .missing("No such document.") }
        return .found(
            API.FeatureText(
                path: path, head: "0a1b", text: "# A",
                versions: [
                    API.FeatureVersion(
                        sha: "0a1b", subject: "s", author: "Ada", at: Timestamp(milliseconds: 1_795_305_600_000),
                        url: "http://bot.example/r/notes/commit/0a1b")
                ], isCut: false))
    }

    func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer<String> {
        .found("\(path) \(old) \(new)")
    }
}
