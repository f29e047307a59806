/// For whom a repository on a server is used at the moment.
package struct RemoteWork: Sendable {
    /// The work of the current task. Outside of a turn it is nobody's.
    @TaskLocal package static var current = RemoteWork()

    /// The id of the person whose own sign-in is used, if they have one; nil for the host's.
    package var person: String?
    /// Tells the thread in a line what takes so long: a clone, a limit of the server.
    package var say: (@Sendable (String) async -> Void)?

    package init(person: String? = nil, say: (@Sendable (String) async -> Void)? = nil) {
        self.person = person
        self.say = say
    }
}
