package import Chat

/// A stored job, and what `undo` needs to know about it.
package struct JobRecord: Sendable, Equatable {
    package let job: Job
    /// The id of whoever asked for it.
    package let actor: String
    /// The state of the files before it; nil where there are none.
    package let snapshot: String?
}
