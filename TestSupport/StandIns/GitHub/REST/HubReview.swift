/// A review of a pull request.
package struct HubReview: Sendable {
    package let id: Int
    package let pull: Int
    package let author: String
    package var body: String
    /// `PENDING`, `COMMENTED`, `APPROVED`, `CHANGES_REQUESTED` or `DISMISSED`.
    package var state: String
    package var commit: String
    package var submitted: Double?
}
