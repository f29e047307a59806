extension MatrixEncryption {
    func verify(_ message: MatrixSyncKeys.Message) async {}
}
