/// The result of one check.
package struct Finding: Sendable, Equatable {
    package enum State: String, Sendable { case ok, warning, failed }

    /// What was checked: `store`, `model`, `irc:local`, …
    package let subject: String
    package let state: State
    /// One line: what works, or what is wrong, why, and what to do.
    package let detail: String

    package init(_ subject: String, _ state: State, _ detail: String) {
        self.subject = subject
        self.state = state
        self.detail = detail
    }
}
