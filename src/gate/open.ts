import type { AgentDoor, Credential } from './call.js';
import type { Origin, OwnerDoor, Places } from './door.js';
import type { PasswordCost, CostBounds } from '../crypto/password.js';
