// The parts of Yjs and lib0 (MIT, Debian's node-yjs) that the editor uses.

declare module "yjs" {
  export interface Delta { retain?: number; insert?: string; delete?: number }
  export interface Transaction { origin: unknown }
  export class Text {
    readonly length: number;
    insert(index: number, content: string): void;
    delete(index: number, length: number): void;
    toString(): string;
    observe(listener: (event: { delta: Delta[] }, transaction: Transaction) => void): void;
  }
  export class Doc {
    readonly clientID: number;
    getText(name: string): Text;
    transact(body: () => void, origin: unknown): void;
    on(event: "update", listener: (update: Uint8Array, origin: unknown) => void): void;
    destroy(): void;
  }
  export function applyUpdate(doc: Doc, update: Uint8Array, origin: unknown): void;
  export function encodeStateAsUpdate(doc: Doc, vector?: Uint8Array): Uint8Array;
  export function encodeStateVector(doc: Doc): Uint8Array;
  export interface RelativePosition { readonly type: unknown; readonly item: { client: number; clock: number } | null }
  export function createRelativePositionFromTypeIndex(type: Text, index: number, side?: number): RelativePosition;
  export function createRelativePositionFromJSON(json: unknown): RelativePosition;
  export function createAbsolutePositionFromRelativePosition(position: RelativePosition, doc: Doc): { index: number } | null;
}
declare module "lib0/encoding" {
  export interface Encoder { readonly cpos: number }
  export function createEncoder(): Encoder;
  export function toUint8Array(encoder: Encoder): Uint8Array;
  export function writeVarUint(encoder: Encoder, value: number): void;
  export function writeVarUint8Array(encoder: Encoder, bytes: Uint8Array): void;
  export function writeVarString(encoder: Encoder, text: string): void;
}
declare module "lib0/decoding" {
  export interface Decoder { pos: number }
  export function createDecoder(bytes: Uint8Array): Decoder;
  export function readVarUint(decoder: Decoder): number;
  export function readVarUint8Array(decoder: Decoder): Uint8Array;
  export function readVarString(decoder: Decoder): string;
}
