internal import JSON

extension SlackState {
    /// What came back with an acknowledgement.
    mutating func respond(_ payload: JSON, to interaction: String) {}
}
