package import JSON

/// What the gateway knows about the features of repositories, in the API's form.
package protocol FeatureSource: Sendable {
    /// A thread's feature.
    ///
    /// - Parameter name: The one that the thread has chosen; nil for none.
    func feature(_ name: String?, of repository: String?) async throws -> FeatureAnswer
    /// A document of the feature with its versions.
    func document(_ path: String, of feature: String?, in repository: String?) async throws -> FeatureAnswer
    /// What differs in a document between two commits, as a unified diff in the member `diff`.
    func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer
}

package enum FeatureAnswer: Sendable {
    case found(JSON)
    /// One line that says what is missing and what to do.
    case missing(String)
    /// One line that says why the repository cannot be read.
    case refused(String)
}
