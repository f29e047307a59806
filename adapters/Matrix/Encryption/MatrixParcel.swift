internal import JSON

/// A message to devices, on its way.
struct MatrixParcel: Sendable, Equatable {
    let transaction: String
    let type: String
    /// `{"messages": {user: {device: content}}}`
    let body: JSON
}
