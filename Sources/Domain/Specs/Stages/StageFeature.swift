internal import Chat
internal import Repositories

/// The feature that a thread works on.
enum StageFeature {
    static func files(of request: TurnRequest, in repository: LocalRepository) async throws -> FeatureFiles {
        guard let name = request.feature, let files = try await repository.feature(name) else {
            throw TurnFailure("This thread has not chosen a feature: begin one with `specify TEXT`.")
        }
        return files
    }
}
