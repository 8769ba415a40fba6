import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWith,
  timingSafeEqual,
  verify as verifyWith,
} from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'

/**
 * A key as an operator gives it; plain data, so that it can be handed to a worker thread.
 * HMAC: whoever can verify can also sign. Ed25519: PEM (PKCS #8), verified with the public key alone.
 */
export type SigningKey =
  | { readonly kind: 'hmac'; readonly secret: string }
  | { readonly kind: 'ed25519'; readonly privateKey: string }

/** What suffices to verify. */
export type VerifyingKey = SigningKey | { readonly kind: 'ed25519'; readonly publicKey: string }

export interface Verifier {
  /** Fingerprint by which the key is recognised; tells nothing about a secret. */
  readonly key: string
  verify(text: string, signature: string): boolean
}

export interface Signer extends Verifier {
  /** base64url */
  sign(text: string): string
}

/** A shorter secret can be guessed from a signature, off line. */
const SHORTEST_SECRET = 16

/** Throws `AUDIT_KEY` for a key that cannot be used. */
export function signerOf(key: SigningKey): Signer {
  return key.kind === 'hmac' ? hmacSigner(key.secret) : ed25519Signer(key.privateKey)
}

/** Throws `AUDIT_KEY` for a key that cannot be used. */
export function verifierOf(key: VerifyingKey): Verifier {
  if (key.kind === 'hmac') return hmacSigner(key.secret)
  return 'publicKey' in key ? ed25519Verifier(key.publicKey) : ed25519Signer(key.privateKey)
}

function hmacSigner(secret: string): Signer {
  if (secret.length < SHORTEST_SECRET) {
    throw new OperatorError('AUDIT_KEY', `The key for signing has fewer than ${SHORTEST_SECRET} characters.`, {
      remedy: 'Make one with: openssl rand -hex 32',
    })
  }
  const mac = (text: string) => createHmac('sha256', secret).update(text, 'utf8').digest()
  return {
    key: `hmac:${mac('openstack-audit/key/1').toString('hex').slice(0, 32)}`,
    sign: (text) => mac(text).toString('base64url'),
    verify: (text, signature) => {
      const given = Buffer.from(signature, 'base64url')
      const expected = mac(text)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

function ed25519Signer(pem: string): Signer {
  const key = keyFrom(() => createPrivateKey(pem), 'private')
  return {
    ...publicVerifier(createPublicKey(key)),
    sign: (text) => signWith(null, Buffer.from(text, 'utf8'), key).toString('base64url'),
  }
}

function ed25519Verifier(pem: string): Verifier {
  return publicVerifier(keyFrom(() => createPublicKey(pem), 'public'))
}

function publicVerifier(key: KeyObject): Verifier {
  const der = key.export({ type: 'spki', format: 'der' })
  return {
    key: `ed25519:${createHash('sha256').update(der).digest('hex').slice(0, 32)}`,
    verify: (text, signature) => {
      const given = Buffer.from(signature, 'base64url')
      return given.length === 64 && verifyWith(null, Buffer.from(text, 'utf8'), key, given)
    },
  }
}

/** OpenSSL's own words are not passed on: they can quote the input. */
function keyFrom(read: () => KeyObject, which: 'private' | 'public'): KeyObject {
  const remedy =
    which === 'private'
      ? 'Make one with: openssl genpkey -algorithm ed25519'
      : 'Derive it with: openssl pkey -in private.pem -pubout'
  let key: KeyObject
  try {
    key = read()
  } catch {
    throw new OperatorError('AUDIT_KEY', `The ${which} key is not a PEM that can be read without a passphrase.`, {
      remedy,
    })
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new OperatorError('AUDIT_KEY', `The ${which} key is of type ${key.asymmetricKeyType}, not Ed25519.`, {
      remedy,
    })
  }
  return key
}
