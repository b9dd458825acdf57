/** The key that senders use in tests. */
export const NOTIFY_KEY = 'test-notify-key-0123456789'
