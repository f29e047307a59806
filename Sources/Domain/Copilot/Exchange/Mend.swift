/// What was done about refusals of one request so far, so that nothing is done twice.
enum Mend: Sendable, Hashable {
    /// The token was replaced.
    case token
    /// The list of models was fetched anew.
    case models
}
