/// The person and thread for whom a repository on a server is being used.
package struct RemoteWork: Sendable {
    /// The value for the current task; outside a turn it names no person.
    @TaskLocal package static var current = RemoteWork()

    /// The id of the person whose own sign-in is used, if they have one; nil for the host's.
    package var person: String?
    /// Posts a line to the thread that says what is slow: a clone, or a server's limit.
    package var say: (@Sendable (String) async -> Void)?

    package init(person: String? = nil, say: (@Sendable (String) async -> Void)? = nil) {
        self.person = person
        self.say = say
    }
}
