/// A review of a pull request.
package struct HubReview: Sendable {
    package let id: Int
    package let pull: Int
    package let author: String
    package let body: String
    /// `COMMENTED`, `APPROVED` or `CHANGES_REQUESTED`.
    package let state: String
    package let commit: String
    package let submitted: Double
}
