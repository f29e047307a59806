/// How a script in a jail ended.
package struct ProbeResult: Sendable, Equatable {
    /// The exit status, or 128 and the signal's number.
    package let status: Int
    package let errorText: String

    package init(status: Int, errorText: String) {
        self.status = status
        self.errorText = errorText
    }
}
