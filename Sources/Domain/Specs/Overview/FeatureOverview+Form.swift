internal import Git
package import Schemas
internal import SpecDocuments

extension FeatureOverview {
    /// What a thread's specification flow has come to, in the form of the API and the command line.
    package struct Feature: Fact {
        package let repository: String
        package let feature: String
        package let title: String?
        package let branch: String
        package let source: String
        package let folder: String
        package let head: String
        package let stages: [FeatureStage]
        package let next: [Stage]
        package let questions: [String]
        package let tasks: [FeatureTask]
        package let documents: [DocumentState]
        package let features: [String]

        package static let notes: Notes<Self> = [
            \.feature: "The folder's name below `specs/`.",
            \.branch: "Where changes go; it need not exist yet.",
            \.source: "The branch that was read; another one while the feature's own does not exist.",
            \.questions: "Those of the specification without an answer.",
            \.features: "All of the repository, the newest first.",
        ]
    }

    package struct FeatureStage: Fact {
        package let stage: Stage
        package let state: StageStatus.State
        package let commit: String?
        package let url: String?
        package let path: String?
        package let needs: Stage?

        package static let notes: Notes<Self> = [\.needs: "The stage that must come first."]
    }

    package struct FeatureTask: Fact {
        package let id: String
        package let text: String
        package let done: Bool
        package let parallel: Bool
        package let stories: [Int]
        package let phase: String?
    }

    package struct DocumentState: Fact {
        package let path: String
        package let kind: String
        package let errors: Int
        package let warnings: Int
        package let commit: String?
        package let url: String

        package static let notes: Notes<Self> = [\.commit: "The newest one that changed it, if it is not too long ago."]
    }

    /// - Parameter others: The names of all features of the repository, the newest first.
    package func form(of repository: String, links: SpecLinks, all others: [String]) -> Feature {
        Feature(
            repository: repository, feature: self.name, title: self.title, branch: self.branch, source: self.source,
            folder: self.folder, head: self.head.hex, stages: self.states.stages.map { self.form($0, links) },
            next: self.states.next, questions: self.questions,
            tasks: self.tasks.map { task in
                FeatureTask(
                    id: task.id, text: task.text, done: task.isTicked, parallel: task.isParallel,
                    stories: task.stories, phase: task.phase)
            },
            documents: self.documents.map { document in
                DocumentState(
                    path: document.path, kind: document.kind.rawValue, errors: document.errors,
                    warnings: document.warnings, commit: document.commit?.id.hex,
                    url: links.document(document.path, on: self.source))
            }, features: others)
    }

    private func form(_ status: StageStatus, _ links: SpecLinks) -> FeatureStage {
        let commit = self.commits[status.stage]?.id.hex
        return FeatureStage(
            stage: status.stage, state: status.state, commit: commit, url: commit.map { links.commit($0) },
            path: status.path, needs: status.state == .missing ? status.needs : nil)
    }
}

extension Stage: WordChoice {}
extension StageStatus.State: WordChoice {}
