@testable import Gateway

extension FakeViewer {
    /// With the branches `main` and `feature/x`; the list of branches is cut.
    func overview(_ repository: String, branch: String?) async throws -> ViewerOverview? {
        guard repository == "notes", [nil, "main", "feature/x"].contains(branch) else { return nil }
        let branches = ["main", "feature/x", Self.hostile].map { name in
            ViewerOverview.Branch(name: name, sha: Self.sha, subject: Self.hostile, seconds: 1_772_370_300, offset: 60)
        }
        let specification = ViewerOverview.Document(
            path: "specs/001-login/spec.md", title: "Feature Specification: Login page", status: "Draft", ticked: 0,
            boxes: 0, openQuestions: 2)
        let checklist = ViewerOverview.Document(
            path: "specs/001-login/checklists/requirements.md", title: "Checklist", status: nil, ticked: 3, boxes: 4,
            openQuestions: 0)
        let hostile = ViewerOverview.Document(
            path: "\(Self.hostile).md", title: Self.hostile, status: Self.hostile, ticked: 2, boxes: 2,
            openQuestions: 0)
        return ViewerOverview(
            repository: repository, branch: branch ?? "main", defaultBranch: "main",
            branches: .init(items: branches, isCut: true),
            features: .init(
                items: [
                    .init(name: "001-login", branch: "001-login", documents: [specification, checklist]),
                    .init(name: Self.hostile, branch: "main", documents: []),
                ], isCut: false), documents: .init(items: [hostile], isCut: false),
            entries: try await self.tree(repository, "main", "")?.entries ?? [])
    }
}
